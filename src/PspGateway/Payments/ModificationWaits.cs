using System.Collections.Concurrent;
using PspGateway.Domain.Operations;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>Lets a merchant's request wait for its operation: by a signal where this process ends it, by a look now and then where another does.</summary>
internal sealed class ModificationWaits(GatewayDatabase database, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _waiting = new();

    /// <summary>What became of it is stored.</summary>
    public void Ended(Guid operationId)
    {
        if (_waiting.TryRemove(operationId, out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    /// <summary>Returns when the operation has ended, or after <paramref name="atMost"/>.</summary>
    public async Task UntilEndedAsync(Guid operationId, TimeSpan atMost)
    {
        var started = time.GetTimestamp();
        try
        {
            while (!OperationMoves.IsDefinite(await ModificationRead.StatusAsync(database.General, operationId, CancellationToken.None)))
            {
                var left = atMost - time.GetElapsedTime(started);
                if (left <= TimeSpan.Zero)
                {
                    return;
                }

                var signal = _waiting.GetOrAdd(operationId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                await Task.WhenAny(signal, Task.Delay(left < LookEvery ? left : LookEvery, time));
            }
        }
        finally
        {
            _waiting.TryRemove(operationId, out _);
        }
    }
}
