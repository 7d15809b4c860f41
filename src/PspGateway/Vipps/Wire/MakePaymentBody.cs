using System.ComponentModel;

namespace PspGateway.Vipps.Wire;

// How /openapi/v1.json describes makePayment. Nothing is read into these: MakePaymentCall reads, more tolerantly than this.
internal sealed class MakePaymentBody
{
    public required string PspTransactionId { get; init; }

    public required string MerchantSerialNumber { get; init; }

    [Description("ACCEPTED, TIMEOUT, USER_CANCEL or NO.")]
    public required string PaymentState { get; init; }

    [Description("TOKEN, if it is there.")]
    public string? PaymentInstrument { get; init; }

    [Description("With ACCEPTED.")]
    public NetworkTokenBody? NetworkToken { get; init; }

    [Description("Where the customer goes after a step-up; without all three of them a soft decline is a refusal.")]
    public IReadOnlyList<OperationBody>? Operations { get; init; }
}

internal sealed class OperationBody
{
    [Description("https, on a host of Vipps:OperationHosts.")]
    public required string Url { get; init; }

    [Description("3dssuccess, 3dscancel or 3dsfailure.")]
    public required string Operation { get; init; }
}

internal sealed class NetworkTokenBody
{
    public required string Number { get; init; }

    public required string Cryptogram { get; init; }

    public required string ExpiryMonth { get; init; }

    public required string ExpiryYear { get; init; }

    [Description("VISA or MASTERCARD.")]
    public required string TokenType { get; init; }

    public string? Eci { get; init; }
}

internal sealed class MakePaymentAnswerBody
{
    public required PaymentInfoBody PaymentInfo { get; init; }

    [Description("With FAIL and SOFT_DECLINE.")]
    public ErrorMessageBody? ErrorMessage { get; init; }
}

internal sealed class PaymentInfoBody
{
    public required string PspTransactionId { get; init; }

    [Description("OK, FAIL or SOFT_DECLINE.")]
    public required string Status { get; init; }

    [Description("With SOFT_DECLINE: the page where the customer is authenticated.")]
    public string? Url3dSecure { get; init; }
}

internal sealed class ErrorMessageBody
{
    [Description("A string where Vipps:ErrorIdAsString is set.")]
    public required int ErrorId { get; init; }

    public required string ErrorText { get; init; }
}
