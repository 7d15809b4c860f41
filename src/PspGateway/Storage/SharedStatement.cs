using Npgsql;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>How a statement is run.</summary>
internal enum Run
{
    /// <summary>For all that are there, and passing by rows that somebody holds: nobody waits for another's row.</summary>
    Shared,

    /// <summary>For one call that was passed by, or whose neighbour was refused: it waits for its row, and fails by itself.</summary>
    Alone,
}

/// <summary>
/// Lets calls of one kind that are under way at the same moment share one statement and one commit (ENGINE 26). A call goes at once while
/// none is under way; those that come meanwhile go together in the next. What a statement passed by, or surely refused because
/// of a row, goes again alone and holds no place, so that nobody's bad or locked row touches a neighbour.
/// </summary>
/// <param name="keyOf">The payment or operation that a call is about; it stands in a statement once.</param>
/// <param name="run">Runs the statement. Results by key, none for what was not taken.</param>
/// <param name="onlyReads">It changes nothing, so that one that broke may simply run once more.</param>
internal sealed class SharedStatement<TCall, TResult>(
    Func<TCall, Guid> keyOf, Func<IReadOnlyList<TCall>, Run, Task<IReadOnlyDictionary<Guid, TResult>>> run, bool onlyReads, TimeProvider time) : IDisposable
    where TResult : class
{
    internal const int MostAtOnce = 100;
    private const int MostAlone = 8;

    // A statement that hangs keeps the place no longer than this, so that one silent connection holds up nobody else.
    internal static readonly TimeSpan PlaceFor = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly LinkedList<SharedCall<TCall, TResult>> _waiting = [];
    private readonly SemaphoreSlim _alone = new(MostAlone);
    private bool _taken;

    /// <summary>Null: also alone it was not taken.</summary>
    /// <exception cref="Exception">What its statement threw. A shared statement whose outcome is not known throws for each of its calls.</exception>
    public Task<TResult?> RunAsync(TCall call)
    {
        var waiting = new SharedCall<TCall, TResult>(call, keyOf(call));
        lock (_gate)
        {
            if (_taken)
            {
                _waiting.AddLast(waiting);
                return waiting.Completion;
            }

            _taken = true;
        }

        // What it does for others must not run in the caller's context: traces and log scopes are one payment's.
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = WorkAsync(waiting);
            return waiting.Completion;
        }

        using (ExecutionContext.SuppressFlow())
        {
            _ = WorkAsync(waiting);
        }

        return waiting.Completion;
    }

    public void Dispose() => _alone.Dispose();

    /// <param name="own">The caller's, which goes by itself.</param>
    private async Task WorkAsync(SharedCall<TCall, TResult> own)
    {
        for (List<SharedCall<TCall, TResult>> calls = [own]; calls.Count > 0; calls = Take())
        {
            var running = RunTogetherAsync(calls);
            var atOnce = running.IsCompleted;
            try
            {
                await running.WaitAsync(PlaceFor, time);
            }
            catch (TimeoutException)
            {
                // It goes on by itself, and gives its calls their results when it ends.
            }

            // What never had to wait stands on the caller's thread still. Its request has its answer to give, whatever becomes of its neighbours'.
            if (atOnce)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }
        }
    }

    /// <summary>The calls that have waited longest. None: the place is free.</summary>
    private List<SharedCall<TCall, TResult>> Take()
    {
        var calls = new List<SharedCall<TCall, TResult>>();
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

            _taken = calls.Count > 0;
        }

        return calls;
    }

    /// <summary>Never throws: each call learns what became of it.</summary>
    private async Task RunTogetherAsync(List<SharedCall<TCall, TResult>> calls)
    {
        try
        {
            var results = await RunAsync(calls);
            foreach (var call in calls)
            {
                if (results.TryGetValue(call.Key, out var result))
                {
                    call.Complete(result, here: calls.Count == 1);
                }
                else
                {
                    _ = RunAloneAsync(call);
                }
            }
        }
        catch (Exception exception) when (calls.Count > 1 && MayBeOneRows(exception))
        {
            foreach (var call in calls)
            {
                _ = RunAloneAsync(call);
            }
        }
        catch (Exception exception)
        {
            foreach (var call in calls)
            {
                call.Fail(exception);
            }
        }
    }

    private async Task<IReadOnlyDictionary<Guid, TResult>> RunAsync(List<SharedCall<TCall, TResult>> calls)
    {
        List<TCall> all = [.. calls.Select(c => c.Call)];
        try
        {
            return await run(all, Run.Shared);
        }
        catch (NpgsqlException exception) when (onlyReads && !MayBeOneRows(exception))
        {
            // A connection that broke, most likely while it lay in the pool.
            return await run(all, Run.Shared);
        }
    }

    private async Task RunAloneAsync(SharedCall<TCall, TResult> call)
    {
        await _alone.WaitAsync();
        try
        {
            var results = await run([call.Call], Run.Alone);
            call.Complete(results.GetValueOrDefault(call.Key), here: false);
        }
        catch (Exception exception)
        {
            call.Fail(exception);
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>Surely nothing was written, and the reason may lie in one row: its data, a constraint, a lock. A server in trouble is not asked once for each.</summary>
    private bool MayBeOneRows(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } => true,
        PostgresException server => server.SqlState[..2] is "22" or "23" or "40" or "P0",
        NpgsqlException or ConnectionNotOpenedException => false,

        // A row that this version cannot read.
        _ => onlyReads && exception is ArgumentException or FormatException or InvalidCastException,
    };
}

/// <summary>A call that waits for its result.</summary>
internal sealed class SharedCall<TCall, TResult>(TCall call, Guid key)
    where TResult : class
{
    private readonly TaskCompletionSource<TResult?> _result = new();

    public TCall Call => call;

    public Guid Key => key;

    public Task<TResult?> Completion => _result.Task;

    /// <summary>One that was alone in its statement goes on where it stands; the others each on their own, since they would wait for one another.</summary>
    public void Complete(TResult? result, bool here)
    {
        if (here)
        {
            _result.SetResult(result);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static c => c.Of._result.SetResult(c.Result), (Of: this, Result: result), preferLocal: false);
        }
    }

    public void Fail(Exception exception) =>
        ThreadPool.UnsafeQueueUserWorkItem(static c => c.Of._result.SetException(c.Exception), (Of: this, Exception: exception), preferLocal: false);
}
