namespace PspGateway.Domain.Payments;

/// <summary>Where a 3-D Secure step-up stands. It is open until one of the last four; nothing leaves those.</summary>
public enum StepUpState
{
    /// <summary>The customer has the page's address.</summary>
    Waiting,

    /// <summary>The 3-D Secure server is being asked.</summary>
    Authenticating,

    /// <summary>The customer is at the issuer's page.</summary>
    Challenged,

    /// <summary>The issuer knows the customer; the second call may come.</summary>
    Succeeded,

    /// <summary>The second call came.</summary>
    Used,

    /// <summary>The issuer does not vouch for the customer, or nobody can tell.</summary>
    Failed,

    /// <summary>The customer, the merchant or the wallet ended it.</summary>
    Cancelled,

    /// <summary>Its time ran out.</summary>
    Expired,
}
