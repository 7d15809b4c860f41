using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Rows;

/// <summary>What a notification is about, in our words; the door that stores it translates.</summary>
internal enum NotificationKind
{
    Other,
    Authorisation,
    Cancellation,

    /// <summary>A cancel that was asked for by our own reference, without knowing the acquirer's.</summary>
    CancelByReference,
    Capture,

    /// <summary>A capture that was done is undone.</summary>
    CaptureUndone,
    Refund,

    /// <summary>A refund that was done is undone.</summary>
    RefundUndone,
}

/// <summary>A notification as the acquirer sent it, stored before it is acknowledged (ENGINE 14).</summary>
internal sealed class AcquirerNotificationRow
{
    public required Guid Id { get; init; }

    public required string PspReference { get; init; }

    public required string EventCode { get; init; }

    public required NotificationKind Kind { get; init; }

    public required bool Success { get; init; }

    public required string MerchantAccount { get; init; }

    public string? OriginalReference { get; init; }

    public required string MerchantReference { get; init; }

    public required long AmountMinor { get; init; }

    public required string Currency { get; init; }

    public string? Reason { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When it wants to be applied; null once it has been, or when it says nothing to us.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public required int Tries { get; init; }

    public DateTimeOffset? AppliedAt { get; init; }

    /// <summary>What became of it: applied, repeat, foreign, unknown.</summary>
    public string? Verdict { get; init; }
}

/// <summary>A 3-D Secure step-up. What is sealed in it is erased in the statement that ends it, ten minutes after its beginning at the latest.</summary>
internal sealed class StepUpRow
{
    public required Guid Id { get; init; }

    public required Guid PaymentId { get; init; }

    /// <summary>The first authorise, which the issuer declined softly.</summary>
    public required Guid OperationId { get; init; }

    /// <summary>The unguessable part of the 3-D Secure page's address.</summary>
    public required string PageReference { get; init; }

    public required StepUpState State { get; init; }

    /// <summary>Where the wallet wants the customer to go, as it came; the newest wins.</summary>
    public required string SuccessUrl { get; init; }

    public required string CancelUrl { get; init; }

    public required string FailureUrl { get; init; }

    public required byte[] NumberFingerprint { get; init; }

    /// <summary>Of the number and the cryptogram of the first call.</summary>
    public required byte[] TokenFingerprint { get; init; }

    public byte[]? SealedCard { get; init; }

    /// <summary>The issuer's page, while the customer is at it.</summary>
    public byte[]? SealedPage { get; init; }

    public byte[]? SealedResult { get; init; }

    /// <summary>The newest Authenticate.</summary>
    public Guid? AuthenticateOperationId { get; init; }

    public required int Attempts { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
