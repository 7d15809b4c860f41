using PspGateway.Domain.Payments;

namespace PspGateway.Domain.Operations;

/// <summary>One intended effect at the acquirer. The table of operations is also the queue.</summary>
public enum OperationKind
{
    Authorise,
    Capture,
    Cancel,
    Refund,

    /// <summary>Undo an authorisation whose outcome is unknown or unwanted, by the cancel ladder (ENGINE 13).</summary>
    Reverse,

    /// <summary>Let the issuer authenticate the customer. No money should move; where it did, or may have, a Reverse undoes it (ENGINE 24).</summary>
    Authenticate,
}

public enum OperationStatus
{
    /// <summary>Stored, waiting for its turn.</summary>
    Pending,

    /// <summary>A process holds its lease and may be talking to the acquirer.</summary>
    InFlight,

    /// <summary>The acquirer did it.</summary>
    Succeeded,

    /// <summary>The acquirer said no: nothing was done.</summary>
    Failed,

    /// <summary>It may have been done. Never treated as failed.</summary>
    Unknown,
}

/// <summary>What was, or will be, answered to the wallet for an authorise.</summary>
public enum Answer
{
    Ok,
    Fail,
    SoftDecline,
}

/// <summary>The few legal changes of an operation's status. A status that is definite changes no more, but a late truth may make Unknown definite.</summary>
public static class OperationMoves
{
    public static bool IsLegal(OperationStatus from, OperationStatus to) => (from, to) switch
    {
        (OperationStatus.Pending, OperationStatus.InFlight or OperationStatus.Succeeded or OperationStatus.Failed) => true,
        (OperationStatus.InFlight, OperationStatus.Pending or OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Unknown) => true,
        (OperationStatus.Unknown, OperationStatus.InFlight or OperationStatus.Succeeded or OperationStatus.Failed) => true,
        _ => false,
    };

    public static bool IsDefinite(OperationStatus status) => status is OperationStatus.Succeeded or OperationStatus.Failed;
}

/// <summary>An operation's row. The hot writes move it by SQL; everything else about it is read-only here.</summary>
public sealed class Operation
{
    private Operation()
    {
    }

    public required Guid Id { get; init; }

    public required Guid PaymentId { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>1, 2, … per payment and kind; part of the reference the acquirer sees.</summary>
    public required int Number { get; init; }

    public required long AmountMinor { get; init; }

    public required Currency Currency { get; init; }

    public required OperationStatus Status { get; init; }

    /// <summary>Our name of it at the acquirer, by which notifications are matched.</summary>
    public required string Reference { get; init; }

    /// <summary>Fixed when the operation is created, never derived from the body (ENGINE 6).</summary>
    public required string IdempotencyKey { get; init; }

    /// <summary>The acquirer's own reference, once known. For a Reverse: of the authorisation to undo.</summary>
    public string? AcquirerReference { get; init; }

    public DeclineReason? DeclineReason { get; init; }

    /// <summary>For a Reverse: the authorise it undoes.</summary>
    public Guid? ReversesOperationId { get; init; }

    /// <summary>How often the acquirer was asked. For a Reverse: the number that goes into the next rung's key.</summary>
    public required int Tries { get; init; }

    /// <summary>For a Reverse: the number of its ladder's first rung. The ladder begins anew when the acquirer's reference is learned.</summary>
    public int LadderBase { get; init; }

    public DateTimeOffset? LadderStartedAt { get; init; }

    /// <summary>When it wants attention next, by the database's clock; null when it wants none.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>Grows with each lease; a writer with an old one changes nothing.</summary>
    public required long Generation { get; init; }

    /// <summary>When the answer stops being open, by the database's clock (ENGINE 1).</summary>
    public DateTimeOffset? AnswerDue { get; init; }

    public Answer? Answer { get; init; }

    /// <summary>The bytes of the answer, repeated to every repeat of the call.</summary>
    public byte[]? AnswerBody { get; init; }

    /// <summary>When the OK was known to be delivered (ENGINE 9).</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>The last time a request may have left for the acquirer.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>Set when only a person can go on; the alert says why.</summary>
    public DateTimeOffset? ParkedAt { get; init; }

    public string? ParkedWhy { get; init; }

    /// <summary>The merchant's Idempotency-Key of the request that asked for it, where one did.</summary>
    public string? MerchantKey { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public uint RowVersion { get; init; }

    /// <summary>A capture, refund or cancel, waiting for its turn.</summary>
    /// <param name="merchantKey">Null: no merchant asked for it, and it is our own.</param>
    public static Operation Order(Payment payment, OperationKind kind, int number, Money amount, string? merchantKey, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(payment);
        var id = Guid.CreateVersion7(at);
        return new Operation
        {
            Id = id,
            PaymentId = payment.Id,
            Kind = kind,
            Number = number,
            AmountMinor = amount.MinorUnits,
            Currency = amount.Currency,
            Status = OperationStatus.Pending,
            Reference = $"{payment.PspTransactionId}-{LetterOf(kind)}{number}",
            IdempotencyKey = id.ToString("N"),
            MerchantKey = merchantKey,
            Tries = 0,
            DueAt = at,
            Generation = 0,
            CreatedAt = at,
        };
    }

    private static char LetterOf(OperationKind kind) => kind switch
    {
        OperationKind.Capture => 'c',
        OperationKind.Cancel => 'x',
        OperationKind.Refund => 'f',
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not asked for by merchants."),
    };
}
