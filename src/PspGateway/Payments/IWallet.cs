using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Payments;

/// <summary>The port to the wallet whose app the customer approves in. A second protocol of it fits beside the first.</summary>
internal interface IWallet
{
    /// <summary>Makes the credential of one payment's callback. The same values give the same token at each try.</summary>
    CallbackCredential IssueCallback(PspTransactionId id, MerchantSerialNumber merchant, Money amount, DateTimeOffset at);

    Task<InitiationOutcome> InitiateAsync(Initiation initiation, CancellationToken cancellationToken);

    /// <summary>True in the wallet's test environment, where an approval can be asked for without a phone.</summary>
    bool CanForceApprove { get; }

    /// <summary>Null when the wallet took it; else what it said. The approval itself comes as a callback.</summary>
    /// <param name="phoneNumber">Eight digits.</param>
    Task<string?> ForceApproveAsync(PspTransactionId id, MerchantSerialNumber merchant, string phoneNumber, string token, CancellationToken cancellationToken);

    /// <summary>The bytes of an answer to the wallet's callback.</summary>
    byte[] AnswerOk(PspTransactionId id);

    byte[] AnswerFail(PspTransactionId id, DeclineReason reason);

    /// <param name="page">Where the customer is authenticated.</param>
    byte[] AnswerSoftDecline(PspTransactionId id, Uri page);
}

/// <param name="TokenHash">SHA-256 of the token.</param>
internal sealed record CallbackCredential(string KeyId, DateTimeOffset ExpiresAt, byte[] TokenHash);

internal sealed class Initiation
{
    public required PspTransactionId Id { get; init; }

    public required MerchantSerialNumber Merchant { get; init; }

    public required MerchantOrderId Reference { get; init; }

    public required Money Amount { get; init; }

    public required UserFlow UserFlow { get; init; }

    public required string? Description { get; init; }

    /// <summary>Eight digits, or null.</summary>
    public required string? PhoneNumber { get; init; }

    public required string CallbackKeyId { get; init; }

    public required DateTimeOffset CallbackExpiresAt { get; init; }

    public required Uri ReturnPage { get; init; }
}

/// <summary>What a wallet may say to an initiation.</summary>
internal abstract record InitiationOutcome
{
    private InitiationOutcome()
    {
    }

    public sealed record Initiated(string? RedirectUrl) : InitiationOutcome;

    /// <summary>The wallet has it from an earlier try of ours, whose answer is lost.</summary>
    public sealed record AlreadyInitiated : InitiationOutcome;

    /// <summary>The merchant used this reference before, outside this gateway.</summary>
    public sealed record ReferenceTaken(string Text) : InitiationOutcome;

    public sealed record Refused(string Text) : InitiationOutcome;

    /// <summary>It may have arrived.</summary>
    public sealed record Unknown(string Why) : InitiationOutcome;
}
