using PspGateway.Domain;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;

namespace PspGateway.Payments;

/// <summary>The port to whoever moves the money. Every call is safe to repeat under its key; no answer is an outcome, never an exception.</summary>
internal interface IAcquirer
{
    Task<AuthorisationOutcome> AuthoriseAsync(AuthorisationRequest request, CancellationToken cancellationToken);

    Task<CancelOutcome> CancelAsync(CancelRequest request, CancellationToken cancellationToken);

    /// <summary>A capture, a refund, or a cancel of what is not captured.</summary>
    Task<ModificationOutcome> ModifyAsync(OperationKind kind, ModificationRequest request, CancellationToken cancellationToken);

    /// <summary>True where the acquirer's "received" is as good as done for an authorisation whose reference is known.</summary>
    bool ReceivedIsFinal { get; }

    /// <summary>False where the first capture, of whatever part, lets go of the rest.</summary>
    bool CapturesInParts { get; }

    /// <summary>The account that payments of merchants without one of their own go to.</summary>
    string DefaultAccount { get; }
}

internal sealed class AuthorisationRequest
{
    public required string IdempotencyKey { get; init; }

    /// <summary>Our name of the authorise: {pspTransactionId}-{number}.</summary>
    public required string Reference { get; init; }

    public required string Account { get; init; }

    public required Money Amount { get; init; }

    public required CardToken Token { get; init; }

    /// <summary>What the issuer said of the customer in a step-up, where there was one.</summary>
    public AuthenticationResult? Authentication { get; init; }

    /// <summary>Where a customer would come back from a step-up.</summary>
    public required Uri ReturnUrl { get; init; }

    /// <summary>The same key went out before, so that a refusal to serve it says nothing about the first.</summary>
    public required bool Again { get; init; }

    public AuthorisationRequest AsRepeat() => new()
    {
        IdempotencyKey = IdempotencyKey,
        Reference = Reference,
        Account = Account,
        Amount = Amount,
        Token = Token,
        Authentication = Authentication,
        ReturnUrl = ReturnUrl,
        Again = true,
    };
}

internal sealed class CancelRequest
{
    public required string IdempotencyKey { get; init; }

    public required string Reference { get; init; }

    public required string Account { get; init; }

    /// <summary>The acquirer's reference of what is to be undone; null where it never told us.</summary>
    public required string? AcquirerReference { get; init; }

    /// <summary>Our own reference of the authorise to undo.</summary>
    public required string OriginalReference { get; init; }
}

internal sealed class ModificationRequest
{
    public required string IdempotencyKey { get; init; }

    /// <summary>Our name of this capture, refund or cancel, by which its notification is matched.</summary>
    public required string Reference { get; init; }

    public required string Account { get; init; }

    /// <summary>The acquirer's reference of the authorisation.</summary>
    public required string AcquirerReference { get; init; }

    /// <summary>A cancel is always of the whole rest, and says no amount.</summary>
    public required Money Amount { get; init; }

    /// <summary>The same key went out before, so that a refusal says nothing about the first.</summary>
    public required bool Again { get; init; }
}
