using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Vault;

namespace PspGateway.Payments;

/// <summary>Refusals as files, one each, beside the keys in the folder that the replicas share: whoever finds one whose process has died stores it.</summary>
internal sealed partial class RefusalFolder(KeyFolder keys, TimeProvider time, ILogger<RefusalFolder> logger) : IKeptRefusals, IDisposable
{
    private const int AtOnce = 8;

    /// <summary>A look waits no longer for a disk that hangs.</summary>
    private static readonly TimeSpan LooksFor = TimeSpan.FromSeconds(1);

    /// <summary>Nor does a loop that stores decisions.</summary>
    private static readonly TimeSpan PassesAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>While this machine runs, its monotonic clock is one for all processes; after its next start, and on others, timestamps mean nothing.</summary>
    private static readonly string? ThisRun = RunOfThisMachine();

    private readonly DurableFolder _folder = keys.Within("refusals", ".json");
    private readonly SemaphoreSlim _turns = new(AtOnce);

    /// <summary>Stored by this process, with a file that could not be removed yet: it is no news when it is seen again.</summary>
    private readonly ConcurrentDictionary<RefusalKey, bool> _stored = new();

    public void Dispose() => _turns.Dispose();

    public async Task KeepAsync(LateRefusal refusal, TimeSpan within)
    {
        try
        {
            var content = JsonSerializer.SerializeToUtf8Bytes(new KeptRefusal(refusal.TokenHash, refusal.Name, refusal.Reason, refusal.SaidAt, ThisRun), RefusalJson.Default.KeptRefusal);
            await InTurnAsync(() => _folder.TryWrite(NameOf(refusal.Key), content), Timeout.InfiniteTimeSpan).WaitAsync(within, time);
        }
        catch (Exception exception)
        {
            LogNotKept(exception, new PspTransactionId(refusal.PaymentId));
        }
    }

    public async Task<bool> HoldsAsync(RefusalKey key)
    {
        try
        {
            return await InTurnAsync(() => _folder.Holds(NameOf(key)), PassesAfter);
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    public async Task RemoveAsync(RefusalKey key)
    {
        _stored[key] = true;
        try
        {
            await InTurnAsync(() => _folder.TryDelete(NameOf(key)), PassesAfter);
            _stored.TryRemove(key, out _);
        }
        catch (Exception exception)
        {
            LogNotRemoved(exception, new PspTransactionId(key.PaymentId));
        }
    }

    public async Task<IReadOnlyList<RefusalKey>?> ListAsync()
    {
        try
        {
            var there = (await InTurnAsync(_folder.List, LooksFor)).Select(KeyOf).OfType<RefusalKey>().ToLookup(_stored.ContainsKey);
            foreach (var stored in there[true].Take(AtOnce))
            {
                await RemoveAsync(stored);
            }

            return [.. there[false]];
        }
        catch (Exception exception)
        {
            LogNotListed(exception);
            return null;
        }
    }

    public async Task<LateRefusal?> FindAsync(RefusalKey key, long seenAt)
    {
        if (await InTurnAsync(() => _folder.Read(NameOf(key)), LooksFor) is not { } bytes)
        {
            return null;
        }

        var kept = JsonSerializer.Deserialize(bytes, RefusalJson.Default.KeptRefusal) ?? throw new JsonException("It says nothing.");
        return new LateRefusal(key.PaymentId, kept.TokenHash, key.Move, kept.Name, kept.Reason, ThisRun is not null && kept.Run == ThisRun ? kept.SaidAt : seenAt) { By = key.By };
    }

    /// <summary>On threads of its own, a few at once: those of the pool are for answers, and a disk that hangs keeps what waits for it.</summary>
    /// <exception cref="TimeoutException">There was no turn within that time, or it was not done within it.</exception>
    private async Task<T> InTurnAsync<T>(Func<T> work, TimeSpan within)
    {
        if (!await _turns.WaitAsync(within))
        {
            throw new TimeoutException();
        }

        return await WorkAsync().WaitAsync(within, time);

        async Task<T> WorkAsync()
        {
            try
            {
                return await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
            finally
            {
                _turns.Release();
            }
        }
    }

    private static string NameOf(RefusalKey key) => $"{key.PaymentId:N}.{key.Move}.{key.By:N}";

    private static RefusalKey? KeyOf(string name) =>
        name.Split('.') is [var id, nameof(PaymentMove.Abort) or nameof(PaymentMove.Expire) or nameof(PaymentMove.Decline), var by]
        && Guid.TryParseExact(id, "N", out var paymentId) && Guid.TryParseExact(by, "N", out var speaker)
            ? new RefusalKey(paymentId, Enum.Parse<PaymentMove>(name.Split('.')[1]), speaker)
            : null;

    /// <summary>Linux' name for the time since its start; containers share their host's.</summary>
    private static string? RunOfThisMachine()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LoggerMessage(2411, LogLevel.Error, "Payment {PspTransactionId}: a refusal that waits for the database is not kept as a file yet; without one it is lost if this process dies first.")]
    private partial void LogNotKept(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2412, LogLevel.Warning, "Payment {PspTransactionId}: the file of a refusal that is stored could not be removed.")]
    private partial void LogNotRemoved(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2415, LogLevel.Error, "The folder of refusals that wait for the database cannot be read; the next look comes.")]
    private partial void LogNotListed(Exception exception);
}

internal sealed record KeptRefusal(byte[] TokenHash, PaymentEventName Name, string Reason, long SaidAt, string? Run);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptRefusal))]
internal sealed partial class RefusalJson : JsonSerializerContext;
