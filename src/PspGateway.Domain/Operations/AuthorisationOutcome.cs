namespace PspGateway.Domain.Operations;

/// <summary>What an acquirer may say to an authorise.</summary>
public abstract record AuthorisationOutcome
{
    private AuthorisationOutcome()
    {
    }

    /// <summary>Money is held, for exactly our amount, currency and reference.</summary>
    public sealed record Approved(string AcquirerReference) : AuthorisationOutcome;

    /// <summary>
    /// No approval. <paramref name="OpenReference"/> names what the acquirer still holds open all the same (a part of the amount), which must be cancelled.
    /// </summary>
    public sealed record Declined(DeclineReason Reason, string? OpenReference = null) : AuthorisationOutcome;

    /// <summary>The issuer wants 3-D Secure. <paramref name="OpenReference"/> names a payment left open at the acquirer, which must be cancelled.</summary>
    public sealed record SoftDeclined(string? OpenReference) : AuthorisationOutcome;

    /// <summary>The connection never opened: surely not sent.</summary>
    public sealed record NotSent(string Why) : AuthorisationOutcome;

    /// <summary>
    /// Money may be held. Never treated as a decline. <paramref name="AcquirerReference"/> names what the acquirer may hold, where it said so.
    /// </summary>
    public sealed record Unknown(string Why, string? AcquirerReference = null) : AuthorisationOutcome;
}
