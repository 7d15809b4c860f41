namespace PspGateway.Storage.Rows;

/// <summary>What a wallet is told of, in our words; Vipps/Wire translates.</summary>
internal enum ReportedEffect
{
    Authorised,
    Captured,
    Cancelled,
    Refunded,
}

/// <summary>One change that the wallet is to know, written in the transaction that makes it true.</summary>
internal sealed class StatusUpdateRow
{
    public required Guid Id { get; init; }

    public required Guid OperationId { get; init; }

    public required Guid PaymentId { get; init; }

    public required string MerchantSerialNumber { get; init; }

    public required ReportedEffect Status { get; init; }

    /// <summary>False: the acquirer took it back later.</summary>
    public required bool Success { get; init; }

    public required long AmountMinor { get; init; }

    public Guid? BatchId { get; init; }

    /// <summary>How often a batch with it was in doubt and had its details read.</summary>
    public required int Tries { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    public DateTimeOffset? ParkedAt { get; init; }

    public string? ParkedWhy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A frozen batch: its rows and its Request-Id are fixed before it is sent (ENGINE 28).</summary>
internal sealed class StatusBatchRow
{
    /// <summary>Also the Request-Id.</summary>
    public required Guid Id { get; init; }

    public required string MerchantSerialNumber { get; init; }

    public required int Tries { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    public required long Generation { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Set when a send had no answer: it may have had its effect.</summary>
    public required bool Doubtful { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A payment whose books are to be held against the wallet's, a while after the last report of it.</summary>
internal sealed class ReconciliationRow
{
    public required Guid PaymentId { get; init; }

    public required string MerchantSerialNumber { get; init; }

    public required int Tries { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? CheckedAt { get; init; }
}

/// <summary>Books that do not agree, until a person has resolved it.</summary>
internal sealed class DifferenceRow
{
    public required Guid Id { get; init; }

    public required Guid PaymentId { get; init; }

    /// <summary>A word, and the name of the operation where it is about one.</summary>
    public required string Cause { get; init; }

    public required long OursMinor { get; init; }

    public required long TheirsMinor { get; init; }

    public required DateTimeOffset FoundAt { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    public string? ResolvedBy { get; init; }
}
