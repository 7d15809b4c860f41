using System.Text.Json.Serialization;

namespace PspGateway.Acquirers.Adyen.Wire;

internal sealed class AdyenAmount
{
    public required string Currency { get; init; }

    public required long Value { get; init; }
}

internal sealed class PaymentRequest
{
    public required AdyenAmount Amount { get; init; }

    public required string MerchantAccount { get; init; }

    public required NetworkTokenMethod PaymentMethod { get; init; }

    public required MpiData MpiData { get; init; }

    public required AuthenticationData AuthenticationData { get; init; }

    public required string Reference { get; init; }

    public required string ReturnUrl { get; init; }

    public required string ShopperInteraction { get; init; }
}

/// <summary>Holds a card token in clear for the time of one request; a class without ToString, never logged.</summary>
internal sealed class NetworkTokenMethod
{
    public required string Type { get; init; }

    public required string Number { get; init; }

    public required string ExpiryMonth { get; init; }

    public required string ExpiryYear { get; init; }

    public required string Brand { get; init; }
}

internal sealed class MpiData
{
    public required string TokenAuthenticationVerificationValue { get; init; }

    public required string Eci { get; init; }

    public string? Cavv { get; init; }

    public string? DsTransID { get; init; }

    public string? ThreeDSVersion { get; init; }

    public string? DirectoryResponse { get; init; }

    public string? AuthenticationResponse { get; init; }
}

internal sealed class AuthenticationData
{
    public required string AttemptAuthentication { get; init; }

    public bool? AuthenticationOnly { get; init; }

    public ThreeDSRequestData? ThreeDSRequestData { get; init; }
}

internal sealed class PaymentResponse
{
    public string? PspReference { get; init; }

    public string? ResultCode { get; init; }

    public string? RefusalReasonCode { get; init; }

    public AdyenAnswerAmount? Amount { get; init; }

    public string? MerchantReference { get; init; }

    public AdditionalData? AdditionalData { get; init; }

    public RedirectAction? Action { get; init; }

    public ThreeDS2Result? ThreeDS2Result { get; init; }
}

internal sealed class AdyenAnswerAmount
{
    public string? Currency { get; init; }

    public long? Value { get; init; }
}

internal sealed class AdditionalData
{
    public string? RefusalReasonRaw { get; init; }
}

internal sealed class CancelByPspReferenceRequest
{
    public required string MerchantAccount { get; init; }

    public required string Reference { get; init; }
}

internal sealed class CancelByOurReferenceRequest
{
    public required string MerchantAccount { get; init; }

    public required string PaymentReference { get; init; }

    public required string Reference { get; init; }
}

/// <summary>A capture or refund, or without an amount a cancel.</summary>
internal sealed class ModificationRequestBody
{
    public required string MerchantAccount { get; init; }

    public required string Reference { get; init; }

    public AdyenAmount? Amount { get; init; }
}

internal sealed class ModificationResponse
{
    public string? Status { get; init; }

    public string? PspReference { get; init; }

    public string? Reference { get; init; }
}

internal sealed class ServiceError
{
    public string? ErrorCode { get; init; }
}

internal sealed class NotificationRequest
{
    public IReadOnlyList<NotificationItem?>? NotificationItems { get; init; }
}

internal sealed class NotificationItem
{
    [JsonPropertyName("NotificationRequestItem")]
    public NotificationRequestItem? Item { get; init; }
}

internal sealed class NotificationRequestItem
{
    public string? PspReference { get; init; }

    public string? OriginalReference { get; init; }

    public string? MerchantAccountCode { get; init; }

    public string? MerchantReference { get; init; }

    public AdyenAnswerAmount? Amount { get; init; }

    public string? EventCode { get; init; }

    /// <summary>"true" or "false", as text.</summary>
    public string? Success { get; init; }

    public string? Reason { get; init; }

    public NotificationAdditionalData? AdditionalData { get; init; }
}

internal sealed class NotificationAdditionalData
{
    public string? HmacSignature { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowReadingFromString, MaxDepth = 32, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(PaymentRequest))]
[JsonSerializable(typeof(PaymentResponse))]
[JsonSerializable(typeof(AuthenticationOnlyRequest))]
[JsonSerializable(typeof(PaymentDetailsRequest))]
[JsonSerializable(typeof(CancelByPspReferenceRequest))]
[JsonSerializable(typeof(CancelByOurReferenceRequest))]
[JsonSerializable(typeof(ModificationRequestBody))]
[JsonSerializable(typeof(ModificationResponse))]
[JsonSerializable(typeof(ServiceError))]
[JsonSerializable(typeof(NotificationRequest))]
internal sealed partial class AdyenJson : JsonSerializerContext;
