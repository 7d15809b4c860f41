namespace PspGateway.Simulator;

/// <summary>
/// Short actions at a later time, one after the other in the order in which they are due: a capture and a refund a millisecond apart
/// must not change places. They end with the host: a simulated day is not worth waiting for.
/// </summary>
internal sealed partial class Timeline : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _running = new();
    private readonly PriorityQueue<Entry, (TimeSpan Due, long Number)> _entries = new();
    private readonly TimeProvider _time;
    private readonly ILogger<Timeline> _logger;
    private readonly long _start;
    private readonly ITimer _timer;
    private long _last;

    public Timeline(TimeProvider time, ILogger<Timeline> logger)
    {
        _time = time;
        _logger = logger;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((Timeline)state!).Run(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    /// <returns>Disposing it calls the action off.</returns>
    public IDisposable After(TimeSpan delay, Action action)
    {
        var entry = new Entry(action);
        lock (_gate)
        {
            _entries.Enqueue(entry, (Now + delay, ++_last));
            if (ReferenceEquals(_entries.Peek(), entry))
            {
                WaitFor(delay);
            }
        }

        return entry;
    }

    public void Dispose() => _timer.Dispose();

    private void Run()
    {
        lock (_running)
        {
            while (NextDue() is { } entry)
            {
                try
                {
                    entry.Run();
                }
#pragma warning disable CA1031 // A timer's exception would end the process.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    LogFailed(exception);
                }
            }
        }
    }

    private Entry? NextDue()
    {
        lock (_gate)
        {
            if (!_entries.TryPeek(out _, out var when))
            {
                return null;
            }

            var left = when.Due - Now;
            if (left <= TimeSpan.Zero)
            {
                return _entries.Dequeue();
            }

            WaitFor(left);
            return null;
        }
    }

    // A timer counts whole milliseconds; rounding down would only wake it too early.
    private void WaitFor(TimeSpan left) =>
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(left.TotalMilliseconds))),
        Timeout.InfiniteTimeSpan);

    [LoggerMessage(9001, LogLevel.Error, "A simulated event failed.")]
    private partial void LogFailed(Exception exception);

    private sealed class Entry(Action action) : IDisposable
    {
        private Action? _action = action;

        public void Run() => Interlocked.Exchange(ref _action, null)?.Invoke();

        public void Dispose() => _action = null;
    }
}
