namespace PspGateway.Domain.Payments;

/// <summary>Everything that may happen to a payment's state. The legal ones from each state stand in <see cref="PaymentMoves"/>.</summary>
public enum PaymentMove
{
    /// <summary>Vipps answered init.</summary>
    Initiate,

    /// <summary>A token was accepted, for the first time or after a step-up.</summary>
    Accept,

    /// <summary>The issuer asked for 3-D Secure.</summary>
    AskStepUp,

    /// <summary>OK was decided.</summary>
    Approve,

    /// <summary>OK was delivered.</summary>
    Deliver,

    /// <summary>FAIL was decided for an ACCEPTED.</summary>
    Decline,

    /// <summary>FAIL went out instead of an OK that was committed too late (ENGINE 8, the one exception to "first decision wins").</summary>
    Overrule,

    /// <summary>USER_CANCEL or NO.</summary>
    Abort,

    /// <summary>TIMEOUT, or our own clock.</summary>
    Expire,

    /// <summary>The merchant cancelled, or Vipps refused the payment.</summary>
    Terminate,

    /// <summary>An OK was taken back: Vipps did not take it, or may not have got it.</summary>
    Withdraw,
}
