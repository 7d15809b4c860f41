namespace PspGateway.Domain.Operations;

/// <summary>Why an authorisation ended without approval, in the engine's words. The doors translate: Vipps/ to error ids, Acquirers/ from refusals.</summary>
public enum DeclineReason
{
    NoSuchIssuer,
    RefusedByIssuer,
    SuspectedFraud,
    ExceedsLimit,
    ExpiredCard,
    InvalidCardNumber,
    CreditCardsNotAllowed,
    InsufficientFunds,
    IssuerUnavailable,
    AcquirerError,
    AuthenticationFailed,
    CancelledAtAcquirer,

    /// <summary>Nothing was settled in time, or the payment had ended before.</summary>
    TooLate,

    /// <summary>Our own error, with surely nothing reserved.</summary>
    InternalError,
}
