using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using PspGateway.Simulator.Books;

namespace PspGateway.Simulator.Shop;

/// <summary>An order of the shop, with the state that the gateway told last.</summary>
internal sealed class ShopOrder(string reference, long amount, Basket basket, DateTimeOffset createdAt)
{
    public string Reference => reference;

    public long Amount => amount;

    [JsonIgnore]
    public Basket Basket => basket;

    public string Currency { get; } = "NOK";

    public DateTimeOffset CreatedAt => createdAt;

    public string State { get; set; } = "NEW";

    public string? PspReference { get; set; }
}

internal sealed class ShopBook(EntryLog log, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ShopOrder> _orders = new(StringComparer.Ordinal);

    public ShopOrder? Find(string reference) => _orders.GetValueOrDefault(reference);

    public ShopOrder Open(long amount, Basket basket)
    {
        var order = new ShopOrder("fjell-" + Guid.NewGuid().ToString("N")[..12], amount, basket, time.GetUtcNow());
        _orders[order.Reference] = order;
        log.Add("shop", order.Reference, "ordered", amount);
        return order;
    }

    public void Note(string reference, string state, string? pspReference)
    {
        if (!_orders.TryGetValue(reference, out var order))
        {
            return;
        }

        order.PspReference = pspReference ?? order.PspReference;
        if (order.State != state)
        {
            order.State = state;
            log.Add("shop", reference, state, order.Amount);
        }
    }

    /// <summary>Where an order stands in the merchant's books: by pspReference, which is the pspTransactionId.</summary>
    public IReadOnlyList<ShopOrder> View(string? pspTransactionId) =>
        [.. _orders.Values.Where(order => pspTransactionId is null || order.PspReference == pspTransactionId)
            .OrderBy(order => order.CreatedAt)];
}
