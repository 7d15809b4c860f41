using System.Security.Cryptography;
using System.Text;

namespace PspGateway.Simulator.Control;

internal enum FaultMode
{
    CommitThenDrop,
    CommitThenHang,
    CommitThen500,
    CommitThenGarbage,
    CommitThenOtherAmount,
    Overtaken,
    DropBeforeCommit,
    Status,
    Delay,
}

internal sealed record Fault(FaultMode Mode, int Status, string? Body, string ContentType, TimeSpan Delay, TimeSpan AnswerDelay)
{
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The answer in place of the work, if this fault keeps the work from being done.</summary>
    public Answer? Instead => Mode switch
    {
        FaultMode.DropBeforeCommit => Answer.Dropped,
        FaultMode.Status => new Answer(Status, Encoding.UTF8.GetBytes(Body ?? ""), Body is null ? null : ContentType) { Final = false, RetryAfterSeconds = RetryAfterSeconds },
        _ => null,
    };

    public Break Break => Mode switch
    {
        FaultMode.CommitThenDrop => Break.Drop,
        FaultMode.CommitThenHang => Break.Hang,
        FaultMode.CommitThen500 => Break.ServerError,
        FaultMode.CommitThenGarbage => Break.Garbage,
        FaultMode.CommitThenOtherAmount => Break.OtherAmount,
        _ => Break.None,
    };
}

/// <summary>What a test ordered to go wrong, for the next calls of one side.</summary>
internal abstract class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly List<Order> _orders = [];

    /// <param name="permille">how many of a thousand calls it meets, by chance</param>
    public void Add(string path, string? contains, int times, int permille, Fault fault)
    {
        lock (_gate)
        {
            _orders.Add(new Order(path, contains, permille, fault) { Left = times });
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _orders.Clear();
        }
    }

    /// <param name="path">for example "payments" or "payments/cancels"; an order for "cancels" meets the second too.</param>
    /// <param name="call">address and body of the call, for orders that are meant for certain calls only.</param>
    public Fault? Take(string path, Func<string> call)
    {
        lock (_gate)
        {
            if (_orders.Count == 0)
            {
                return null;
            }

            var text = new Lazy<string>(call);
            var order = _orders.Find(candidate => candidate.Meets(path, text));
            if (order is null)
            {
                return null;
            }

            if (--order.Left == 0)
            {
                _orders.Remove(order);
            }

            return order.Fault;
        }
    }

    private sealed class Order(string path, string? contains, int permille, Fault fault)
    {
        public Fault Fault => fault;

        public int Left { get; set; }

        public bool Meets(string called, Lazy<string> call) =>
            (path is "*" || string.Equals(called, path, StringComparison.OrdinalIgnoreCase)
                || called.EndsWith('/' + path, StringComparison.OrdinalIgnoreCase))
            && (contains is null || call.Value.Contains(contains, StringComparison.Ordinal))
            && (permille >= 1000 || RandomNumberGenerator.GetInt32(1000) < permille);
    }
}

internal sealed class VippsFaults : FaultPlan;

internal sealed class AcquirerFaults : FaultPlan;
