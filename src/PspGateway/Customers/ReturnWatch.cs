using Microsoft.EntityFrameworkCore;
using PspGateway.Domain.Payments;
using PspGateway.Storage;

namespace PspGateway.Customers;

/// <summary>Reads the states that open return pages wait for: one read for all of them, twice a second, and none while nobody waits.</summary>
internal sealed class ReturnWatch(IDbContextFactory<GatewayDbContext> contexts, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private readonly Lock _gate = new();
    private HashSet<string> _asked = new(StringComparer.Ordinal);
    private Task<IReadOnlyDictionary<string, PaymentState>>? _next;

    /// <summary>The payment's state half a second from now; null when there is none.</summary>
    public async Task<PaymentState?> NextAsync(string reference)
    {
        Task<IReadOnlyDictionary<string, PaymentState>> next;
        lock (_gate)
        {
            _asked.Add(reference);
            next = _next ??= ReadAsync();
        }

        return (await next).TryGetValue(reference, out var state) ? state : null;
    }

    private async Task<IReadOnlyDictionary<string, PaymentState>> ReadAsync()
    {
        await Task.Delay(Every, time);
        HashSet<string> asked;
        lock (_gate)
        {
            asked = _asked;
            _asked = new HashSet<string>(StringComparer.Ordinal);
            _next = null;
        }

        await using var db = await contexts.CreateDbContextAsync();
        return await db.Payments.AsNoTracking().Where(p => asked.Contains(p.ReturnReference)).ToDictionaryAsync(p => p.ReturnReference, p => p.State, StringComparer.Ordinal);
    }
}
