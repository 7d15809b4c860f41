using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>
/// Lets calls of one kind that are under way at the same moment share one statement and one commit (ENGINE 26). A call that comes alone
/// goes at once; those that come meanwhile go together as soon as a place is free. A call that the shared statement did not take, or that
/// was in one that surely failed, goes again alone, so that nobody's bad or locked row touches a neighbour.
/// </summary>
/// <param name="keyOf">The payment or operation that a call is about; it stands in a statement once.</param>
/// <param name="run">Runs the statement; alone or shared, since a shared one must wait for no row. Results by key, none for what was not taken.</param>
internal sealed class SharedStatement<TCall, TResult>(
    Func<TCall, Guid> keyOf, Func<IReadOnlyList<TCall>, bool, Task<IReadOnlyDictionary<Guid, TResult>>> run, TimeProvider time)
    where TResult : class
{
    internal const int MostAtOnce = 100;
    private const int Places = 2;

    // A statement that hangs keeps its place no longer than this, so that one silent connection holds up nobody else.
    internal static readonly TimeSpan PlaceFor = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _waiting = [];
    private int _taken;

    /// <summary>Null: also alone it was not taken.</summary>
    /// <exception cref="Exception">What its statement threw. A shared statement whose outcome is not known throws for each of its calls.</exception>
    public Task<TResult?> RunAsync(TCall call)
    {
        var waiting = new Waiting(call, keyOf(call));
        lock (_gate)
        {
            _waiting.AddLast(waiting);
            if (_taken == Places)
            {
                return waiting.Result.Task;
            }

            _taken++;
        }

        _ = WorkAsync();
        return waiting.Result.Task;
    }

    private async Task WorkAsync()
    {
        while (Take() is { Count: > 0 } calls)
        {
            var running = RunAsync(calls);
            try
            {
                await running.WaitAsync(PlaceFor, time);
            }
            catch (TimeoutException)
            {
                // It goes on by itself, and gives its calls their results when it ends.
            }
        }
    }

    /// <summary>The calls that have waited longest. None: the place is given back.</summary>
    private List<Waiting> Take()
    {
        var calls = new List<Waiting>();
        var keys = new HashSet<Guid>();
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null && calls.Count < MostAtOnce;)
            {
                var next = node.Next;
                if (keys.Add(node.Value.Key))
                {
                    calls.Add(node.Value);
                    _waiting.Remove(node);
                }

                node = next;
            }

            _taken -= calls.Count == 0 ? 1 : 0;
        }

        return calls;
    }

    /// <summary>Never throws: each call learns what became of it.</summary>
    private async Task RunAsync(List<Waiting> calls)
    {
        var alone = calls.Count == 1;
        try
        {
            var results = await run([.. calls.Select(c => c.Call)], alone);
            foreach (var call in calls)
            {
                if (results.TryGetValue(call.Key, out var result) || alone)
                {
                    call.Result.SetResult(result);
                }
                else
                {
                    _ = RunAsync([call]);
                }
            }
        }
        catch (Exception exception) when (!alone && LostConfirmation.SurelyNotWritten(exception))
        {
            foreach (var call in calls)
            {
                _ = RunAsync([call]);
            }
        }
        catch (Exception exception)
        {
            foreach (var call in calls)
            {
                call.Result.SetException(exception);
            }
        }
    }

    private sealed class Waiting(TCall call, Guid key)
    {
        public TCall Call => call;

        public Guid Key => key;

        public TaskCompletionSource<TResult?> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
