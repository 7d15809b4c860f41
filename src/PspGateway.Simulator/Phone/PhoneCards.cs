using System.Text.Json.Nodes;
using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Pages;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Phone;

/// <param name="RefusalCode">Why the bank refuses this card, by the acquirer's number; null: it does not.</param>
internal sealed record PhoneCard(string Key, string Brand, string Ending, string About, int? RefusalCode = null)
{
    public MakePaymentOrder Approve(VippsPayment payment) => MakePaymentOrder.Approval(payment, RefusalCode is null ? Key : Brand) with
    {
        NetworkToken = RefusalCode is { } code ? new JsonObject { ["number"] = CardScript.NumberFor(code) } : null,
    };
}

/// <summary>The cards in the app.</summary>
internal static class PhoneCards
{
    private static readonly PhoneCard[] Good =
    [
        new("visa", "Visa", "3500", "works"),
        new("mastercard", "Mastercard", "8031", "works"),
        new("mastercard-3ds", "Mastercard", "3035", "the bank asks"),
    ];

    private static readonly PhoneCard[] Refused =
    [
        new("empty", "Visa", "9012", "not enough on the account", 12),
        new("limit", "Visa", "9028", "above the card's limit", 28),
        new("expired", "Visa", "9006", "expired", 6),
        new("unknown", "Visa", "9008", "number not known to the bank", 8),
        new("fraud", "Visa", "9020", "the bank suspects fraud", 20),
        new("silent", "Visa", "9009", "the bank cannot be reached", 9),
        new("refused", "Visa", "9002", "the bank says no, and not why", 2),
    ];

    /// <summary>The first one, if nothing was chosen.</summary>
    public static PhoneCard Find(string? key) => Good.Concat(Refused).FirstOrDefault(card => card.Key == key) ?? Good[0];

    public static Markup Choice { get; } = Markup.Of($"""
        <fieldset class="cards"><legend>Pay with</legend>{Markup.Join(Good.Select(Radio))}
        <details><summary>Cards that the bank refuses</summary>{Markup.Join(Refused.Select(Radio))}</details></fieldset>
        """);

    private static Markup Radio(PhoneCard card) => Markup.Of($"""
        <label><input type="radio" name="card" value="{card.Key}"{(card == Good[0] ? new Markup(" checked") : Markup.Empty)}><span>{card.Brand} <small>{card.About}</small></span><small>··{card.Ending}</small></label>
        """);
}
