using PspGateway.Domain.Cards;

namespace PspGateway.Domain.Operations;

/// <summary>Where the customer has to go, and with what.</summary>
/// <param name="Fields">To be posted there; empty: the customer just goes.</param>
public sealed record IssuerPage(Uri Address, bool Posts, IReadOnlyList<KeyValuePair<string, string>> Fields);

/// <summary>What a 3-D Secure server may say.</summary>
public abstract record AuthenticationOutcome
{
    private AuthenticationOutcome()
    {
    }

    /// <summary>The issuer wants to see the customer.</summary>
    public sealed record Challenge(IssuerPage Page) : AuthenticationOutcome;

    public sealed record Authenticated(AuthenticationResult Result) : AuthenticationOutcome;

    /// <summary>The issuer has nothing to ask and nothing to vouch for: the authorisation may be tried without a result.</summary>
    public sealed record NotRequired : AuthenticationOutcome;

    /// <summary>Not authenticated. Nothing is held.</summary>
    public sealed record Refused(string Why, bool ByCustomer = false) : AuthenticationOutcome;

    /// <summary>The connection never opened: surely not sent.</summary>
    public sealed record NotSent(string Why) : AuthenticationOutcome;

    /// <summary>
    /// Money is held although none should be, or nobody can tell. Never an authentication. <paramref name="AcquirerReference"/> names what is held, where it was said.
    /// </summary>
    public sealed record Doubtful(string Why, string? AcquirerReference = null) : AuthenticationOutcome;
}
