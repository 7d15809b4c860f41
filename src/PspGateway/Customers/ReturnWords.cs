using PspGateway.Domain.Operations;
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
        RefusedFor = new()
        {
            [DeclineReason.InsufficientFunds] = "The bank says that there is not enough on the account. Your card was not charged. You can try again in the shop with another card.",
            [DeclineReason.ExceedsLimit] = "The amount is above a limit of your card. It was not charged. You can try again with another card, or ask your bank.",
            [DeclineReason.ExpiredCard] = "The card in Vipps has expired. It was not charged. Update the card in the app, or choose another one, and try again in the shop.",
            [DeclineReason.InvalidCardNumber] = "The bank does not know the card in Vipps. Nothing was charged. Add the card again in the app, or choose another one.",
            [DeclineReason.CreditCardsNotAllowed] = "The shop does not take credit cards. Nothing was charged. You can try again with a debit card.",
            [DeclineReason.AuthenticationFailed] = "The bank could not confirm that it was you. Your card was not charged. You can try again in the shop.",
            [DeclineReason.IssuerUnavailable] = "Your bank could not be reached. Nothing is charged. Try again in the shop in a moment.",
            [DeclineReason.AcquirerError] = "The payment could not be made just now. Nothing is charged. Try again in the shop in a moment.",
            [DeclineReason.TooLate] = "The answer from the bank took too long. Nothing is charged; a reservation that may show on your account is released. Try again in the shop.",
        },
        With = "Payment with",
        Cancelled = ("The payment was cancelled", "Nothing was charged. You can go back to the shop and try again."),
        Expired = ("The payment has expired", "It was not approved in time, and nothing was charged. You can start again in the shop."),
        Withdrawn = ("The payment was taken back", "The reservation on your card is being released, and nothing is charged."),
        Deciding = ("Just a moment", "We are waiting for the answer to your payment. This page goes on by itself."),
        Unknown = "We do not know this payment",
        UnknownDetail = "The link may be old or incomplete. Go back to the shop to see your order.",
        Unavailable = ("Just a moment", "We cannot look your payment up right now. This page tries again by itself.", "Try again"),
        Back = "Back to the shop",
        Footer = "You can close this page; the shop is told in any case.",
    };

    private static readonly ReturnWords Norwegian = new()
    {
        Language = "nb",
        Approved = ("Betalingen er godkjent", "Beløpet er reservert på kortet ditt. Du sendes tilbake til butikken."),
        Refused = ("Betalingen ble ikke gjennomført", "Kortet ditt er ikke belastet. Du kan prøve igjen i butikken, kanskje med et annet kort."),
        RefusedFor = new()
        {
            [DeclineReason.InsufficientFunds] = "Banken sier at det ikke er nok penger på kontoen. Kortet ditt er ikke belastet. Du kan prøve igjen i butikken med et annet kort.",
            [DeclineReason.ExceedsLimit] = "Beløpet er over en grense på kortet ditt. Det er ikke belastet. Du kan prøve med et annet kort, eller spørre banken.",
            [DeclineReason.ExpiredCard] = "Kortet i Vipps er utløpt. Det er ikke belastet. Oppdater kortet i appen, eller velg et annet, og prøv igjen i butikken.",
            [DeclineReason.InvalidCardNumber] = "Banken kjenner ikke kortet i Vipps. Ingenting er trukket. Legg inn kortet på nytt i appen, eller velg et annet.",
            [DeclineReason.CreditCardsNotAllowed] = "Butikken tar ikke kredittkort. Ingenting er trukket. Du kan prøve igjen med et debetkort.",
            [DeclineReason.AuthenticationFailed] = "Banken kunne ikke bekrefte at det var deg. Kortet ditt er ikke belastet. Du kan prøve igjen i butikken.",
            [DeclineReason.IssuerUnavailable] = "Banken din svarte ikke. Ingenting blir trukket. Prøv igjen i butikken om litt.",
            [DeclineReason.AcquirerError] = "Betalingen kunne ikke gjennomføres akkurat nå. Ingenting blir trukket. Prøv igjen i butikken om litt.",
            [DeclineReason.TooLate] = "Svaret fra banken tok for lang tid. Ingenting blir trukket; en reservasjon som kanskje vises på kontoen din, blir opphevet. Prøv igjen i butikken.",
        },
        With = "Betaling med",
        Cancelled = ("Betalingen ble avbrutt", "Ingenting er trukket. Du kan gå tilbake til butikken og prøve igjen."),
        Expired = ("Betalingen er utløpt", "Den ble ikke godkjent i tide, og ingenting er trukket. Du kan begynne på nytt i butikken."),
        Withdrawn = ("Betalingen ble trukket tilbake", "Reservasjonen på kortet ditt blir opphevet, og ingenting trekkes."),
        Deciding = ("Et øyeblikk", "Vi venter på svar på betalingen din. Siden går videre av seg selv."),
        Unknown = "Vi kjenner ikke denne betalingen",
        UnknownDetail = "Lenken kan være gammel eller ufullstendig. Gå tilbake til butikken for å se bestillingen din.",
        Unavailable = ("Et øyeblikk", "Vi får ikke sett på betalingen din akkurat nå. Siden prøver igjen av seg selv.", "Prøv igjen"),
        Back = "Tilbake til butikken",
        Footer = "Du kan lukke denne siden; butikken får beskjed uansett.",
    };

    public required string Language { get; init; }

    public required string Unknown { get; init; }

    public required string UnknownDetail { get; init; }

    /// <summary>When we cannot look.</summary>
    public (string Title, string Detail, string Again) Unavailable { get; private init; }

    public required string Back { get; init; }

    public required string Footer { get; init; }

    /// <summary>Before the wallet's name.</summary>
    public required string With { get; init; }

    private (string, string) Approved { get; init; }

    /// <summary>What a person can do, where the reason says so.</summary>
    private Dictionary<DeclineReason, string> RefusedFor { get; init; } = [];

    private (string Title, string Detail) Refused { get; init; }

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

    /// <param name="reason">Of a decline, as history names it.</param>
    public (string Title, string Detail) Of(PaymentState state, string? reason = null) => state switch
    {
        PaymentState.Authorised => Approved,
        PaymentState.Declined => (Refused.Title, Enum.TryParse<DeclineReason>(reason, out var why) && RefusedFor.TryGetValue(why, out var detail) ? detail : Refused.Detail),
        PaymentState.Aborted or PaymentState.Terminated => Cancelled,
        PaymentState.Expired => Expired,
        PaymentState.Withdrawn => Withdrawn,
        _ => Deciding,
    };

    private static double QualityOf(string entry) =>
        entry.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant().Split(";Q=") is [_, var quality] && double.TryParse(quality, System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 1;
}
