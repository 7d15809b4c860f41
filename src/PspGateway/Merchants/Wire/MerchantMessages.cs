using System.Text.Json;
using System.Text.Json.Serialization;

namespace PspGateway.Merchants.Wire;

// The bodies of Vipps' ePayment API and access token API, as this gateway answers with them.
internal sealed class AmountBody
{
    public required string Currency { get; init; }

    public required long Value { get; init; }
}

internal sealed class CreatePaymentAnswer
{
    public string? RedirectUrl { get; init; }

    public required string Reference { get; init; }
}

internal sealed class PaymentAnswer
{
    public required AggregateBody Aggregate { get; init; }

    public required AmountBody Amount { get; init; }

    public required string State { get; init; }

    public required PaymentMethodBody PaymentMethod { get; init; }

    public required ProfileBody Profile { get; init; }

    public required string PspReference { get; init; }

    public string? RedirectUrl { get; init; }

    public required string Reference { get; init; }

    public JsonElement? Metadata { get; init; }
}

internal sealed class ModificationAnswer
{
    public required AmountBody Amount { get; init; }

    public required string State { get; init; }

    public required AggregateBody Aggregate { get; init; }

    public required string PspReference { get; init; }

    public required string Reference { get; init; }
}

internal sealed class AggregateBody
{
    public required AmountBody AuthorizedAmount { get; init; }

    public required AmountBody CancelledAmount { get; init; }

    public required AmountBody CapturedAmount { get; init; }

    public required AmountBody RefundedAmount { get; init; }
}

internal sealed class PaymentMethodBody
{
    public required string Type { get; init; }

    public string? CardBin { get; init; }
}

internal sealed class ProfileBody;

internal sealed class EventBody
{
    public required string Reference { get; init; }

    public required string PspReference { get; init; }

    public required string Name { get; init; }

    public required AmountBody Amount { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    public string? IdempotencyKey { get; init; }

    public required bool Success { get; init; }

    /// <summary>Why it was refused, in the gateway's own words; beyond ePayment's members.</summary>
    public string? FailureReason { get; init; }
}

internal sealed class AccessTokenAnswer
{
    [JsonPropertyName("token_type")]
    public required string TokenType { get; init; }

    [JsonPropertyName("expires_in")]
    public required string ExpiresIn { get; init; }

    [JsonPropertyName("ext_expires_in")]
    public required string ExtExpiresIn { get; init; }

    [JsonPropertyName("expires_on")]
    public required string ExpiresOn { get; init; }

    [JsonPropertyName("not_before")]
    public required string NotBefore { get; init; }

    [JsonPropertyName("resource")]
    public required string Resource { get; init; }

    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }
}

internal sealed class ProblemBody
{
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required string Detail { get; init; }

    public required int Status { get; init; }

    public required string TraceId { get; init; }

    public IReadOnlyList<ProblemField>? ExtraDetails { get; init; }
}

internal sealed class ProblemField
{
    public required string Name { get; init; }

    public required string Reason { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreatePaymentAnswer))]
[JsonSerializable(typeof(PaymentAnswer))]
[JsonSerializable(typeof(ModificationAnswer))]
[JsonSerializable(typeof(IReadOnlyList<EventBody>))]
[JsonSerializable(typeof(AccessTokenAnswer))]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(WebhookCreated))]
[JsonSerializable(typeof(WebhookList))]
[JsonSerializable(typeof(WebhookPayload))]
internal sealed partial class MerchantJson : JsonSerializerContext;
