namespace PspGateway.Storage.Rows;

/// <summary>One UTC day's key, by name only: the wrapped key itself lives in the key folder, outside the database.</summary>
internal sealed class VaultEpochRow
{
    public required Guid Id { get; init; }

    public required DateOnly Day { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? DestroyedAt { get; set; }
}

/// <summary>A card token under its own key under its day's key. Deleted as ENGINE 11 says.</summary>
internal sealed class SealedTokenRow
{
    public required Guid OperationId { get; init; }

    public required Guid PaymentId { get; init; }

    public required Guid EpochId { get; init; }

    public required byte[] Sealed { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
