namespace PspGateway.Storage.Rows;

/// <summary>A merchant's sales unit.</summary>
internal sealed class MerchantRow
{
    public required string MerchantSerialNumber { get; init; }

    public required string Name { get; set; }

    /// <summary>Who may act for this sales unit. One client may have several.</summary>
    public required string ClientId { get; set; }

    /// <summary>SHA-256 of the subscription key.</summary>
    public required byte[] SubscriptionKeyHash { get; set; }

    public required List<string> ReturnUrlOrigins { get; set; }

    /// <summary>The merchant's own account at the acquirer; null means the gateway's.</summary>
    public string? AcquirerAccount { get; set; }

    public required bool AcceptsCreditCards { get; set; }

    public DateTimeOffset? DisabledAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A client's secret, hashed with PBKDF2. Two may overlap while one is rotated out.</summary>
internal sealed class MerchantSecretRow
{
    public required Guid Id { get; init; }

    public required string ClientId { get; init; }

    public required byte[] Salt { get; init; }

    public required byte[] Hash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; set; }
}

/// <summary>A key that signs merchants' access tokens, wrapped by the vault and shared by the replicas.</summary>
internal sealed class TokenSigningKeyRow
{
    public required Guid Id { get; init; }

    public required byte[] WrappedKey { get; init; }

    public required bool Current { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One claimed Idempotency-Key, and the answer once there is one.</summary>
internal sealed class IdempotencyKeyRow
{
    public required string MerchantSerialNumber { get; init; }

    /// <summary>Route template, with the reference of the path where it has one.</summary>
    public required string Scope { get; init; }

    public required string Key { get; init; }

    /// <summary>SHA-256 of the raw body.</summary>
    public required byte[] BodyHash { get; init; }

    public Guid? PaymentId { get; init; }

    public Guid? OperationId { get; init; }

    public DateTimeOffset? LeaseUntil { get; set; }

    public required long Generation { get; set; }

    public int? StatusCode { get; set; }

    public string? ContentType { get; set; }

    public byte[]? ResponseBody { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class WebhookSubscriptionRow
{
    public required Guid Id { get; init; }

    public required string MerchantSerialNumber { get; init; }

    public required string Url { get; init; }

    public required List<string> Events { get; init; }

    /// <summary>The same in history's words: what the trigger that fans events out compares.</summary>
    public required List<string> EventNames { get; init; }

    public required byte[] SealedSecret { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? DeletedAt { get; set; }
}

internal sealed class WebhookDeliveryRow
{
    public required Guid Id { get; init; }

    public required Guid SubscriptionId { get; init; }

    public required Guid PaymentId { get; init; }

    public required Guid EventId { get; init; }

    public required int Tries { get; set; }

    public DateTimeOffset? DueAt { get; set; }

    public DateTimeOffset? LeaseUntil { get; set; }

    public required long Generation { get; set; }

    public DateTimeOffset? DeliveredAt { get; set; }

    public int? LastStatus { get; set; }

    public DateTimeOffset? ParkedAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}
