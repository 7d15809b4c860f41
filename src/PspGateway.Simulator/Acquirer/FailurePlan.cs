namespace PspGateway.Simulator.Acquirer;

/// <summary>Captures, refunds and cancels that a test has ordered to fail after they were received: nothing is moved, and the notification says so.</summary>
internal sealed class FailurePlan
{
    private readonly Lock _gate = new();
    private readonly List<Order> _orders = [];

    /// <param name="contains">a part of the modification's reference, as "-c" for captures</param>
    public void Add(string eventCode, string contains, int times)
    {
        lock (_gate)
        {
            _orders.Add(new Order(eventCode, contains) { Left = times });
        }
    }

    public (string EventCode, string Why)? Take(string? reference)
    {
        lock (_gate)
        {
            if (reference is null || _orders.Find(order => reference.Contains(order.Contains, StringComparison.Ordinal)) is not { } order)
            {
                return null;
            }

            if (--order.Left == 0)
            {
                _orders.Remove(order);
            }

            return (order.EventCode, "Failed as ordered");
        }
    }

    private sealed class Order(string eventCode, string contains)
    {
        public string EventCode => eventCode;

        public string Contains => contains;

        public int Left { get; set; }
    }
}
