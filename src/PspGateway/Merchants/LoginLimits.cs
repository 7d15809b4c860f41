using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;

namespace PspGateway.Merchants;

/// <summary>
/// What keeps guessing slow and its checks from taking the machine. Only failures are counted, and by client, never by address: behind one
/// proxy or NAT all addresses are the same. Strangers' names share a fixed number of counters, so that made-up names take no memory.
/// </summary>
internal sealed class LoginLimits : IDisposable
{
    public const int Failures = 10;
    private const int StrangersCounters = 16;
    private const int MostWaiting = 200;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    private readonly PartitionedRateLimiter<Counter> _failures = PartitionedRateLimiter.Create<Counter, Counter>(counter =>
        RateLimitPartition.GetFixedWindowLimiter(counter, _ => new FixedWindowRateLimiterOptions { PermitLimit = Failures, Window = Window, QueueLimit = 0 }));

    // Half of the cores at most: the other half answers Vipps.
    private readonly ConcurrencyLimiter _work = new(new ConcurrencyLimiterOptions { PermitLimit = Math.Max(1, Environment.ProcessorCount / 2), QueueLimit = MostWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    /// <summary>How long this client has failed too often for; null when it has not. Looking costs it nothing.</summary>
    public TimeSpan? Wait(string clientId, bool known)
    {
        using var look = _failures.AttemptAcquire(CounterOf(clientId, known), permitCount: 0);
        return look.IsAcquired ? null : look.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window;
    }

    /// <summary>Counts a failure. True: it was the last that is let through for now.</summary>
    public bool Failed(string clientId, bool known)
    {
        var counter = CounterOf(clientId, known);
        using var counted = _failures.AttemptAcquire(counter);
        return counted.IsAcquired && _failures.GetStatistics(counter)?.CurrentAvailablePermits == 0;
    }

    /// <summary>A turn for one slow check. Not acquired: too many wait already.</summary>
    public ValueTask<RateLimitLease> TurnAsync(CancellationToken cancellationToken) => _work.AcquireAsync(permitCount: 1, cancellationToken);

    public void Dispose()
    {
        _failures.Dispose();
        _work.Dispose();
    }

    // Keyed, so that nobody can choose a name that shares another's counter.
    private Counter CounterOf(string clientId, bool known) =>
        known ? new Counter(clientId) : new Counter($"{HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(clientId))[0] % StrangersCounters}", Known: false);

    private readonly record struct Counter(string Name, bool Known = true);
}
