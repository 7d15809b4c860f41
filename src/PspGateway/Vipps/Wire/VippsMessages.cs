using System.Text.Json.Serialization;

namespace PspGateway.Vipps.Wire;

// What goes to and comes from Vipps' PSP API v3. Nothing undocumented is ever sent; null members are left out.
internal sealed class InitiatePaymentRequest
{
    public required string PspTransactionId { get; init; }

    public required string MerchantOrderId { get; init; }

    public string? CustomerMobileNumber { get; init; }

    public required int Amount { get; init; }

    public required string Currency { get; init; }

    public required string PspRedirectUrl { get; init; }

    public required string MakePaymentUrl { get; init; }

    public required string MakePaymentToken { get; init; }

    public string? PaymentText { get; init; }

    public bool? IsApp { get; init; }

    public bool? SkipLandingPage { get; init; }
}

internal sealed class InitiatePaymentResponse
{
    public string? VippsRedirectUrl { get; init; }

    /// <summary>The name that one page of Vipps' documents uses instead.</summary>
    public string? Url { get; init; }
}

internal sealed class ForceApproveRequest
{
    public required string CustomerPhoneNumber { get; init; }

    public required string Token { get; init; }
}

internal sealed class PaymentStatusRequest
{
    public required IReadOnlyList<TransactionInfo> Transactions { get; init; }
}

internal sealed class TransactionInfo
{
    public required string PspTransactionId { get; init; }

    /// <summary>RESERVED, CAPTURED, CANCELLED or REFUNDED.</summary>
    public required string Status { get; init; }

    /// <summary>This operation's own amount in øre, not a running total.</summary>
    public required int Amount { get; init; }

    public required string Currency { get; init; }

    public required string OperationStatus { get; init; }
}

internal sealed class PaymentDetailsResponse
{
    public IReadOnlyList<TransactionLogEntry?>? TransactionLogHistory { get; init; }
}

internal sealed class TransactionLogEntry
{
    public long? Amount { get; init; }

    public string? Operation { get; init; }

    public bool? OperationSuccess { get; init; }
}

internal sealed class AccessTokenResponse
{
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    /// <summary>Seconds; a string in the real answers, a number in the specification's examples.</summary>
    [JsonPropertyName("expires_in")]
    public long? ExpiresIn { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowReadingFromString, MaxDepth = 16, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(InitiatePaymentRequest))]
[JsonSerializable(typeof(InitiatePaymentResponse))]
[JsonSerializable(typeof(ForceApproveRequest))]
[JsonSerializable(typeof(PaymentStatusRequest))]
[JsonSerializable(typeof(PaymentDetailsResponse))]
[JsonSerializable(typeof(AccessTokenResponse))]
internal sealed partial class VippsJson : JsonSerializerContext;
