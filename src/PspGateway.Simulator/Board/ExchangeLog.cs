namespace PspGateway.Simulator.Board;

/// <summary>The last exchanges on the wire, all payments mixed, and a bell for those who watch. Writing is cheap: they are read only when somebody looks.</summary>
internal sealed class ExchangeLog(TimeProvider time)
{
    private const int Kept = 1500;

    private readonly Lock _gate = new();
    private readonly Queue<Exchange> _exchanges = new();
    private TaskCompletionSource? _bell;
    private long _last;

    public Exchange Begin(Party from, Party to, string method, string path, IReadOnlyList<string> headers, byte[] body, DateTimeOffset? at = null)
    {
        lock (_gate)
        {
            var exchange = new Exchange(++_last, at ?? time.GetUtcNow(), from, to, method, path, headers, body);
            _exchanges.Enqueue(exchange);
            if (_exchanges.Count > Kept)
            {
                _exchanges.Dequeue();
            }

            Ring();
            return exchange;
        }
    }

    public void End(Exchange exchange, int status, byte[] body, TimeSpan? took = null)
    {
        exchange.End(took ?? (time.GetUtcNow() - exchange.At), status, body);
        lock (_gate)
        {
            Ring();
        }
    }

    /// <summary>Completes at the next change.</summary>
    public Task NextAsync()
    {
        lock (_gate)
        {
            return (_bell ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>By time: what another program tells of may have begun earlier than what is already known.</summary>
    public IReadOnlyList<Exchange> All()
    {
        lock (_gate)
        {
            return [.. _exchanges.OrderBy(exchange => exchange.At).ThenBy(exchange => exchange.Number)];
        }
    }

    private void Ring()
    {
        _bell?.SetResult();
        _bell = null;
    }
}
