using System.Text.Json;

namespace PspGateway.Simulator.Walk;

/// <summary>Merchant, Vipps and acquirer side by side: whoever disagrees about money has found a fault.</summary>
internal sealed class BooksTable(JsonElement merchant, PaymentBooks books)
{
    private static readonly (string Name, string Merchant, string Vipps, string Acquirer)[] Sums =
    [
        ("reserved", "authorizedAmount", "reserved", "authorised"),
        ("captured", "capturedAmount", "captured", "captured"),
        ("cancelled", "cancelledAmount", "cancelled", "cancelled"),
        ("refunded", "refundedAmount", "refunded", "refunded"),
    ];

    /// <returns>Whether the three agree.</returns>
    public bool Print(Screen screen)
    {
        screen.Header(["Merchant", "Vipps", "Acquirer"]);
        screen.Row("state", [merchant.Text("state") ?? "?", books.Vipps?.Text("state") ?? "unknown", AcquirerState()], null);
        var agreed = true;
        foreach (var sum in Sums)
        {
            var mine = MerchantSide.Amount(merchant, sum.Merchant) ?? 0;
            var (told, times) = books.Reported(sum.Vipps);
            var held = books.AtAcquirer(sum.Acquirer);
            var agree = mine == told && told == held;
            agreed &= agree;
            screen.Row(sum.Name, [Screen.Money(mine), times == 0 ? "–" : $"{Screen.Money(told)} (told {times}x)", Screen.Money(held)], agree);
        }

        return agreed;
    }

    private string AcquirerState() => books.Authorisations switch
    {
        [] => "nothing",
        [var one] => one.Text("status") + (books.Live.Count == 1 ? ", live" : ""),
        var several => $"{several.Count} authorisations",
    };
}
