using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace PspGateway.Merchants.Wire;

// How /openapi/v1.json describes what merchants send. Nothing is read into these: CreatePaymentRequest reads, and says what is wrong.
internal sealed class CreatePaymentBody
{
    public required CreateAmountBody Amount { get; init; }

    public required CreateMethodBody PaymentMethod { get; init; }

    public CustomerBody? Customer { get; init; }

    [Description("The merchant's own name of the payment, used once.")]
    [RegularExpression("^[a-zA-Z0-9-]{8,50}$")]
    public required string Reference { get; init; }

    [Description("WEB_REDIRECT, NATIVE_REDIRECT or PUSH_MESSAGE; the last needs customer.phoneNumber.")]
    [RegularExpression("^(WEB_REDIRECT|NATIVE_REDIRECT|PUSH_MESSAGE)$")]
    public required string UserFlow { get; init; }

    [Description("Where the customer goes in the end; of an origin that is registered for the merchant. Required with WEB_REDIRECT.")]
    [StringLength(CreatePaymentRequest.MaxUrlLength, MinimumLength = 1)]
    public string? ReturnUrl { get; init; }

    [Description("Shown to the customer.")]
    [StringLength(100, MinimumLength = 3)]
    public string? PaymentDescription { get; init; }

    [Description("At most 5 pairs, of keys up to 100 and values up to 500 characters. They come back with the payment.")]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

internal sealed class CreateAmountBody
{
    [RegularExpression("^NOK$")]
    public required string Currency { get; init; }

    [Description("In øre.")]
    [Range(CreatePaymentRequest.LeastMinor, CreatePaymentRequest.MostMinor)]
    public required long Value { get; init; }
}

internal sealed class CreateMethodBody
{
    [RegularExpression("^WALLET$")]
    public required string Type { get; init; }
}

internal sealed class CustomerBody
{
    [Description("Norwegian: 47 and eight digits.")]
    [RegularExpression("^47[0-9]{8}$")]
    public string? PhoneNumber { get; init; }
}

internal sealed class ForceApproveBody
{
    public required CustomerBody Customer { get; init; }

    [Description("The token of the redirect URL. Without it the gateway takes the one it stored.")]
    [StringLength(2000, MinimumLength = 1)]
    public string? Token { get; init; }
}

internal sealed class ModificationBody
{
    public required ModificationAmountBody ModificationAmount { get; init; }
}

internal sealed class ModificationAmountBody
{
    [RegularExpression("^NOK$")]
    public required string Currency { get; init; }

    [Description("In øre.")]
    [Range(1, CreatePaymentRequest.MostMinor)]
    public required long Value { get; init; }
}

internal sealed class CancelBody
{
    [Description("Cancel only what is not authorised yet.")]
    public bool? CancelTransactionOnly { get; init; }
}
