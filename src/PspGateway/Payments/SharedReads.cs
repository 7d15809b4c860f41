using System.Collections.Concurrent;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>The read every 100 ms of a payment that another replica works on, shared by all who wait for it (ENGINE 3).</summary>
internal sealed class SharedReads(IPaymentStore store, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<Guid, Lazy<Task<CallbackPayment?>>> _next = new();

    /// <summary>The payment as it is 100 ms from now at the latest; null when the database did not say.</summary>
    public Task<CallbackPayment?> NextAsync(Guid paymentId) =>
        _next.GetOrAdd(paymentId, id => new Lazy<Task<CallbackPayment?>>(() => ReadAsync(id))).Value;

    private async Task<CallbackPayment?> ReadAsync(Guid paymentId)
    {
        await Task.Delay(Every, time);
        _next.TryRemove(paymentId, out _);
        try
        {
            return await store.ReadAsync(paymentId);
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or ConnectionNotOpenedException)
        {
            return null;
        }
    }
}
