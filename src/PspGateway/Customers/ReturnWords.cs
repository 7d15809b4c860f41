using PspGateway.Domain.Payments;

namespace PspGateway.Customers;

/// <summary>What the return page says, in Norwegian or English. It never says more than is known.</summary>
internal sealed class ReturnWords
{
    private static readonly ReturnWords English = new()
    {
        Language = "en",
        Approved = ("The payment is approved", "The amount is reserved on your card. You are being sent back to the shop."),
        Refused = ("The payment was not completed", "Your card was not charged. You can try again in the shop, perhaps with another card."),
        Cancelled = ("The payment was cancelled", "Nothing was charged. You can go back to the shop and try again."),
        Expired = ("The payment has expired", "It was not approved in time, and nothing was charged. You can start again in the shop."),
        Withdrawn = ("The payment was taken back", "The reservation on your card is being released, and nothing is charged."),
        Deciding = ("Just a moment", "We are waiting for the answer to your payment. This page goes on by itself."),
        Unknown = "We do not know this payment",
        UnknownDetail = "The link may be old or incomplete. Go back to the shop to see your order.",
        Back = "Back to the shop",
        Footer = "You can close this page; the shop is told in any case.",
    };

    private static readonly ReturnWords Norwegian = new()
    {
        Language = "nb",
        Approved = ("Betalingen er godkjent", "Beløpet er reservert på kortet ditt. Du sendes tilbake til butikken."),
        Refused = ("Betalingen ble ikke gjennomført", "Kortet ditt er ikke belastet. Du kan prøve igjen i butikken, kanskje med et annet kort."),
        Cancelled = ("Betalingen ble avbrutt", "Ingenting er trukket. Du kan gå tilbake til butikken og prøve igjen."),
        Expired = ("Betalingen er utløpt", "Den ble ikke godkjent i tide, og ingenting er trukket. Du kan begynne på nytt i butikken."),
        Withdrawn = ("Betalingen ble trukket tilbake", "Reservasjonen på kortet ditt blir opphevet, og ingenting trekkes."),
        Deciding = ("Et øyeblikk", "Vi venter på svar på betalingen din. Siden går videre av seg selv."),
        Unknown = "Vi kjenner ikke denne betalingen",
        UnknownDetail = "Lenken kan være gammel eller ufullstendig. Gå tilbake til butikken for å se bestillingen din.",
        Back = "Tilbake til butikken",
        Footer = "Du kan lukke denne siden; butikken får beskjed uansett.",
    };

    public required string Language { get; init; }

    public required string Unknown { get; init; }

    public required string UnknownDetail { get; init; }

    public required string Back { get; init; }

    public required string Footer { get; init; }

    private (string, string) Approved { get; init; }

    private (string, string) Refused { get; init; }

    private (string, string) Cancelled { get; init; }

    private (string, string) Expired { get; init; }

    private (string, string) Withdrawn { get; init; }

    private (string, string) Deciding { get; init; }

    /// <summary>Norwegian unless English is preferred: Vipps' customers are Norwegian.</summary>
    public static ReturnWords For(string acceptLanguage)
    {
        foreach (var entry in acceptLanguage.Split(',').OrderByDescending(QualityOf).Select(e => e.Split(';')[0].Trim().ToUpperInvariant()))
        {
            switch (entry.Split('-')[0])
            {
                case "NB" or "NO" or "NN" or "DA" or "SV":
                    return Norwegian;
                case "EN":
                    return English;
            }
        }

        return acceptLanguage.Length == 0 ? Norwegian : English;
    }

    public (string Title, string Detail) Of(PaymentState state) => state switch
    {
        PaymentState.Authorised => Approved,
        PaymentState.Declined => Refused,
        PaymentState.Aborted or PaymentState.Terminated => Cancelled,
        PaymentState.Expired => Expired,
        PaymentState.Withdrawn => Withdrawn,
        _ => Deciding,
    };

    private static double QualityOf(string entry) =>
        entry.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant().Split(";Q=") is [_, var quality] && double.TryParse(quality, System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 1;
}
