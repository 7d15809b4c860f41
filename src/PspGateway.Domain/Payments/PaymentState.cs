namespace PspGateway.Domain.Payments;

/// <summary>Where a payment stands. Captured, refunded and cancelled are amounts, not states; a reversal is an operation beside a state.</summary>
public enum PaymentState
{
    /// <summary>Stored; Vipps may or may not know of it.</summary>
    Created,

    /// <summary>Vipps has answered init.</summary>
    Initiated,

    /// <summary>The token came; the acquirer is asked.</summary>
    Authorising,

    /// <summary>The issuer wants 3-D Secure; the customer is at it.</summary>
    StepUp,

    /// <summary>OK is decided and committed, not yet known to be delivered.</summary>
    Approved,

    /// <summary>OK is delivered.</summary>
    Authorised,

    /// <summary>FAIL was answered to ACCEPTED.</summary>
    Declined,

    /// <summary>The customer said no (USER_CANCEL), or Vipps could not go on (NO).</summary>
    Aborted,

    /// <summary>Vipps' TIMEOUT, or nobody acted.</summary>
    Expired,

    /// <summary>The merchant cancelled before OK, or Vipps refused the payment.</summary>
    Terminated,

    /// <summary>An OK that was given, or may have been, was taken back.</summary>
    Withdrawn,
}
