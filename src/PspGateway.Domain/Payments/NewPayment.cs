using PspGateway.Domain.Merchants;

namespace PspGateway.Domain.Payments;

/// <summary>What a payment is born with.</summary>
public sealed class NewPayment
{
    public required PspTransactionId Id { get; init; }

    public required MerchantSerialNumber MerchantSerialNumber { get; init; }

    public required MerchantOrderId Reference { get; init; }

    public required Money Amount { get; init; }

    public required UserFlow UserFlow { get; init; }

    public string? Description { get; init; }

    public string? ReturnUrl { get; init; }

    public required string ReturnReference { get; init; }

    public required string AcquirerAccount { get; init; }

    public byte[]? SealedPhoneNumber { get; init; }

    public string? MetadataJson { get; init; }

    public string? ClientSystemJson { get; init; }

    public required string CallbackKeyId { get; init; }

    public required DateTimeOffset CallbackExpiresAt { get; init; }

    public required byte[] CallbackTokenHash { get; init; }

    public required string IdempotencyKey { get; init; }
}
