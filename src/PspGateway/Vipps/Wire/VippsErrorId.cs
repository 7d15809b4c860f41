using PspGateway.Domain.Operations;

namespace PspGateway.Vipps.Wire;

/// <summary>An error that makePayment may answer with: Vipps' number and Vipps' own text, never the acquirer's.</summary>
internal readonly record struct VippsErrorId(int Id, string Text)
{
    public static readonly VippsErrorId InvalidRequest = new(71, "Invalid request");

    public static readonly VippsErrorId SoftDecline = new(1036, "Soft Decline");

    public static VippsErrorId StatusFromVipps(string word) => new(93, $"Status from Vipps:{word}");

    public static VippsErrorId Of(DeclineReason reason) => reason switch
    {
        DeclineReason.NoSuchIssuer => new(81, "No such issuer"),
        DeclineReason.RefusedByIssuer => new(82, "Refused by Issuer"),
        DeclineReason.SuspectedFraud => new(83, "Suspected fraud"),
        DeclineReason.ExceedsLimit => new(84, "Exceeds withdrawal amount limit"),
        DeclineReason.IssuerUnavailable => new(85, "Response received too late"),
        DeclineReason.ExpiredCard => new(86, "Expired card"),
        DeclineReason.InvalidCardNumber => new(87, "Invalid card number (no such number)"),
        DeclineReason.CreditCardsNotAllowed => new(88, "Merchant does not allow credit cards"),
        DeclineReason.InsufficientFunds => new(89, "Insufficient funds"),
        DeclineReason.AcquirerError => new(91, "Internal error"),
        DeclineReason.AuthenticationFailed => new(94, "Unhandled soft decline"),
        DeclineReason.CancelledAtAcquirer => new(72, "The payment was cancelled at the acquirer"),
        DeclineReason.TooLate => new(85, "Response received too late"),
        DeclineReason.InternalError => new(91, "Internal error"),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "No error id for this reason."),
    };
}
