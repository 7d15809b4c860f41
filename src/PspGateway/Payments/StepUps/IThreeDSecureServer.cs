using System.Net;
using PspGateway.Domain;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;

namespace PspGateway.Payments.StepUps;

/// <summary>
/// The port to whoever lets the issuer authenticate a customer: the acquirer, or a 3-D Secure server of the PSP's own. No money moves in it. No
/// answer is an outcome, never an exception.
/// </summary>
internal interface IThreeDSecureServer
{
    Task<AuthenticationOutcome> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken);

    /// <summary>The customer is back from the issuer's page.</summary>
    Task<AuthenticationOutcome> CompleteAsync(CompletionRequest request, CancellationToken cancellationToken);
}

/// <summary>A class, so that nothing prints its members.</summary>
internal sealed class AuthenticationRequest
{
    public required string IdempotencyKey { get; init; }

    /// <summary>Our name of it: {pspTransactionId}-3ds{number}.</summary>
    public required string Reference { get; init; }

    public required string Account { get; init; }

    public required Money Amount { get; init; }

    public required StepUpCard Card { get; init; }

    public required Browser Browser { get; init; }

    /// <summary>Where the issuer sends the customer back to.</summary>
    public required Uri ReturnUrl { get; init; }
}

internal sealed class CompletionRequest
{
    public required string IdempotencyKey { get; init; }

    /// <summary>Our name of the authentication, for the log; the server knows it by what the customer brought back.</summary>
    public required string Reference { get; init; }

    /// <summary>What the customer brought back, as it came.</summary>
    public required string RedirectResult { get; init; }
}

/// <summary>What issuers want to know of the customer's browser.</summary>
internal sealed class Browser
{
    public required string UserAgent { get; init; }

    public required string Accept { get; init; }

    public required string Language { get; init; }

    public required int ScreenWidth { get; init; }

    public required int ScreenHeight { get; init; }

    public required int ColourDepth { get; init; }

    /// <summary>Minutes from UTC, as the browser counts them.</summary>
    public required int TimeZoneOffset { get; init; }

    public required bool Java { get; init; }

    public required bool Script { get; init; }

    public required IPAddress? Address { get; init; }
}
