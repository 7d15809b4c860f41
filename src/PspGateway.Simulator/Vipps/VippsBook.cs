using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using PspGateway.Simulator.Books;

namespace PspGateway.Simulator.Vipps;

/// <summary>All payments at Vipps, by the three names they have.</summary>
internal sealed class VippsBook(EntryLog log)
{
    private readonly ConcurrentDictionary<string, VippsPayment> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, VippsPayment> _byLandingToken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Msn, string OrderId), bool> _orders = new();

    public VippsPayment? Find(string pspTransactionId) => _byId.GetValueOrDefault(pspTransactionId);

    public VippsPayment? FindByLandingToken(string? token) => token is null ? null : _byLandingToken.GetValueOrDefault(token);

    /// <summary>The new payment, or Vipps' error code of the name that is taken: 44 for the id, 99 for the order.</summary>
    public (VippsPayment? Payment, string? ErrorCode) Open(InitRequest init, string msn)
    {
        if (_byId.TryGetValue(init.PspTransactionId, out var existing))
        {
            existing.CountInit();
            return (null, "44");
        }

        if (!_orders.TryAdd((msn, init.MerchantOrderId), true))
        {
            // Two tries of one init at the same moment: the loser must hear 44, not 99.
            return (null, _byId.ContainsKey(init.PspTransactionId) ? "44" : "99");
        }

        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var payment = new VippsPayment(init, msn, token, log);
        if (!_byId.TryAdd(init.PspTransactionId, payment))
        {
            _orders.TryRemove((msn, init.MerchantOrderId), out _);
            return (null, "44");
        }

        _byLandingToken[token] = payment;
        payment.Note("INITIATED", init.Amount, init.MerchantOrderId);
        return (payment, null);
    }

    public IReadOnlyList<VippsPaymentView> View(string? pspTransactionId) => pspTransactionId is null
        ? [.. _byId.Values.Select(payment => payment.View()).OrderBy(view => view.History.Count == 0 ? 0 : view.History[0].Number)]
        : Find(pspTransactionId) is { } payment ? [payment.View()] : [];
}
