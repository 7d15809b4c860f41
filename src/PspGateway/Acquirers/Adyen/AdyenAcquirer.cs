using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.Extensions.Options;
using PspGateway.Acquirers.Adyen.Wire;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;
using PspGateway.Payments;
using PspGateway.Payments.Telemetry;

namespace PspGateway.Acquirers.Adyen;

/// <summary>Adyen Checkout v72. Never tried against Adyen's sandbox: built from the published specification and facts.</summary>
internal sealed partial class AdyenAcquirer(AdyenClient client, IOptions<AdyenOptions> options, ILogger<AdyenAcquirer> logger) : IAcquirer
{
    private const string StillInWork = "704";

    public bool ReceivedIsFinal => options.Value.ConfirmModifications == ModificationProof.Response;

    public bool CapturesInParts => options.Value.MultiplePartialCaptures;

    public string DefaultAccount => options.Value.MerchantAccount;

    public async Task<AuthorisationOutcome> AuthoriseAsync(AuthorisationRequest request, CancellationToken cancellationToken)
    {
        using var call = CounterpartyCall.Begin(CounterpartyCall.Acquirer, "authorise");
        var body = JsonSerializer.SerializeToUtf8Bytes(ToWire(request), AdyenJson.Default.PaymentRequest);
        Failpoint.Here("authorise.before-send", request.Reference);
        var answer = await client.PostAsync("/payments", body, request.IdempotencyKey, cancellationToken);
        Failpoint.Here("authorise.after-answer", request.Reference);
        return call.Ended(answer.Status switch
        {
            null when !answer.Sent => new AuthorisationOutcome.NotSent(answer.Why),
            HttpStatusCode.OK => Read(answer.Body, request),
            HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity when !request.Again => OurFault(answer, request),
            _ => new AuthorisationOutcome.Unknown(answer.Why),
        });
    }

    public async Task<CancelOutcome> CancelAsync(CancelRequest request, CancellationToken cancellationToken)
    {
        using var call = CounterpartyCall.Begin(CounterpartyCall.Acquirer, "cancel");
        var (path, body) = request.AcquirerReference is { } acquirerReference
            ? ($"/payments/{Uri.EscapeDataString(acquirerReference)}/cancels", JsonSerializer.SerializeToUtf8Bytes(
                new CancelByPspReferenceRequest { MerchantAccount = request.Account, Reference = request.Reference }, AdyenJson.Default.CancelByPspReferenceRequest))
            : ("/cancels", JsonSerializer.SerializeToUtf8Bytes(
                new CancelByOurReferenceRequest { MerchantAccount = request.Account, PaymentReference = request.OriginalReference, Reference = request.Reference }, AdyenJson.Default.CancelByOurReferenceRequest));
        Failpoint.Here("cancel.before-send", request.Reference);
        var answer = await client.PostAsync(path, body, request.IdempotencyKey, cancellationToken);
        Failpoint.Here("cancel.after-answer", request.Reference);
        return call.Ended<CancelOutcome>(answer.Status switch
        {
            HttpStatusCode.Created or HttpStatusCode.OK when Parse(answer.Body, AdyenJson.Default.ModificationResponse)?.Status == "received" => new CancelOutcome.Received(),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new CancelOutcome.Unknown(OurCredentials(answer, request.Reference)),
            HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity
                when ErrorCodeOf(answer) != StillInWork => new CancelOutcome.Refused($"{answer.Why}, error {ErrorCodeOf(answer) ?? "without a code"}"),
            _ => new CancelOutcome.Unknown(answer.Why),
        });
    }

    public async Task<ModificationOutcome> ModifyAsync(OperationKind kind, ModificationRequest request, CancellationToken cancellationToken)
    {
        var (name, resource) = kind switch
        {
            OperationKind.Capture => ("capture", "captures"),
            OperationKind.Refund => ("refund", "refunds"),
            OperationKind.Cancel => ("cancel", "cancels"),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Adyen has no modification for this."),
        };
        using var call = CounterpartyCall.Begin(CounterpartyCall.Acquirer, name);
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new ModificationRequestBody
            {
                MerchantAccount = request.Account,
                Reference = request.Reference,
                Amount = kind == OperationKind.Cancel ? null : new AdyenAmount { Currency = request.Amount.Currency.ToString(), Value = request.Amount.MinorUnits },
            },
            AdyenJson.Default.ModificationRequestBody);
        Failpoint.Here("modify.before-send", request.Reference);
        var answer = await client.PostAsync($"/payments/{Uri.EscapeDataString(request.AcquirerReference)}/{resource}", body, request.IdempotencyKey, cancellationToken);
        Failpoint.Here("modify.after-answer", request.Reference);
        return call.Ended<ModificationOutcome>(answer.Status switch
        {
            HttpStatusCode.Created or HttpStatusCode.OK when Parse(answer.Body, AdyenJson.Default.ModificationResponse) is { Status: "received" } taken
                && IsPlain(taken.PspReference) && (taken.Reference is null || taken.Reference == request.Reference) => new ModificationOutcome.Received(taken.PspReference ?? ""),
            null when !answer.Sent => new ModificationOutcome.NotSent(answer.Why),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new ModificationOutcome.NotSent(OurCredentials(answer, request.Reference)),
            HttpStatusCode.TooManyRequests => new ModificationOutcome.NotSent(answer.Why),
            HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.UnprocessableEntity
                when !request.Again && ErrorCodeOf(answer) != StillInWork => new ModificationOutcome.Refused($"{answer.Why}, error {ErrorCodeOf(answer) ?? "without a code"}"),
            _ => new ModificationOutcome.Unknown(answer.Why),
        });
    }

    private static PaymentRequest ToWire(AuthorisationRequest request) => new()
    {
        Amount = new AdyenAmount { Currency = request.Amount.Currency.ToString(), Value = request.Amount.MinorUnits },
        MerchantAccount = request.Account,
        PaymentMethod = new NetworkTokenMethod
        {
            Type = "networkToken",
            Number = request.Token.Number.Reveal(),
            ExpiryMonth = request.Token.Expiry.Month.ToString("D2", CultureInfo.InvariantCulture),
            ExpiryYear = request.Token.Expiry.Year.ToString("D4", CultureInfo.InvariantCulture),
            Brand = request.Token.Scheme == CardScheme.Visa ? "visa" : "mc",
        },
        MpiData = ToWire(request.Token, request.Authentication),

        // Otherwise Adyen retries a soft decline with 3-D Secure by itself, behind Vipps' back.
        AuthenticationData = new AuthenticationData { AttemptAuthentication = "never" },
        Reference = request.Reference,
        ReturnUrl = request.ReturnUrl.AbsoluteUri,
        ShopperInteraction = "Ecommerce",
    };

    /// <summary>The answer to a challenge is given only where there was one; without one the directory's answer is the result.</summary>
    private static MpiData ToWire(CardToken token, AuthenticationResult? authentication) => new()
    {
        TokenAuthenticationVerificationValue = token.Cryptogram.Reveal(),
        Eci = authentication?.Eci.Value ?? token.Eci.Value,
        Cavv = authentication?.RevealCavv(),
        DsTransID = authentication?.DsTransId,
        ThreeDSVersion = authentication?.Version,
        DirectoryResponse = authentication switch { null => null, { Challenged: true } => "C", _ => authentication.TransStatus.ToString() },
        AuthenticationResponse = authentication is { Challenged: true } ? authentication.TransStatus.ToString() : null,
    };

    private AuthorisationOutcome Read(byte[] body, AuthorisationRequest request)
    {
        if (Parse(body, AdyenJson.Default.PaymentResponse) is not { ResultCode: { } result } response)
        {
            return new AuthorisationOutcome.Unknown("an answer that is not Adyen's");
        }

        // Another reference than ours is somebody else's payment: nothing in it may be acted upon.
        if (response.MerchantReference is { } reference && reference != request.Reference)
        {
            return new AuthorisationOutcome.Unknown("an answer for another reference");
        }

        return result switch
        {
            "Authorised" => Approved(response, request),
            "Refused" => Refused(response, request),
            "Error" => new AuthorisationOutcome.Declined(DeclineReason.AcquirerError),
            "Cancelled" => new AuthorisationOutcome.Declined(DeclineReason.CancelledAtAcquirer),
            "RedirectShopper" or "IdentifyShopper" or "ChallengeShopper" => new AuthorisationOutcome.SoftDeclined(ReferenceOf(response)),
            "PartiallyAuthorised" when ReferenceOf(response) is { } held => new AuthorisationOutcome.Declined(DeclineReason.InsufficientFunds, held),
            _ => new AuthorisationOutcome.Unknown($"result {result}"),
        };
    }

    private static AuthorisationOutcome Approved(PaymentResponse response, AuthorisationRequest request)
    {
        if (ReferenceOf(response) is not { } acquirerReference)
        {
            return new AuthorisationOutcome.Unknown("an approval without a usable pspReference");
        }

        var amount = response.Amount;
        if (amount is null || response.MerchantReference is null)
        {
            return new AuthorisationOutcome.Unknown("an approval that does not say of what");
        }

        return amount.Value == request.Amount.MinorUnits && amount.Currency == request.Amount.Currency.ToString()
            ? new AuthorisationOutcome.Approved(acquirerReference)
            : new AuthorisationOutcome.Unknown("an approval of another amount", acquirerReference);
    }

    private AuthorisationOutcome Refused(PaymentResponse response, AuthorisationRequest request)
    {
        var raw = response.AdditionalData?.RefusalReasonRaw;
        if (Refusals.IsSoft(response.RefusalReasonCode, raw, request.Token.Scheme))
        {
            return new AuthorisationOutcome.SoftDeclined(null);
        }

        if (!Refusals.IsKnown(response.RefusalReasonCode))
        {
            LogUnknownRefusal(request.Reference, response.RefusalReasonCode);
        }

        if (response.RefusalReasonCode == "7")
        {
            LogInvalidAmount(request.Reference);
        }

        return new AuthorisationOutcome.Declined(Refusals.ReasonOf(response.RefusalReasonCode, raw));
    }

    private AuthorisationOutcome OurFault(AdyenAnswer answer, AuthorisationRequest request)
    {
        var code = ErrorCodeOf(answer);
        if (code == StillInWork)
        {
            return new AuthorisationOutcome.Unknown("the same key is still in work");
        }

        LogOurFault(request.Reference, answer.Why, code);
        return new AuthorisationOutcome.Declined(DeclineReason.AcquirerError);
    }

    /// <summary>Our key, not the request: the same one will be taken once the key is right again.</summary>
    private string OurCredentials(AdyenAnswer answer, string reference)
    {
        LogOurFault(reference, answer.Why, ErrorCodeOf(answer));
        return answer.Why;
    }

    /// <summary>Stored, logged and put into addresses: anything but a short plain word is none.</summary>
    private static string? ReferenceOf(PaymentResponse response) => IsPlain(response.PspReference) ? response.PspReference : null;

    private static string? ErrorCodeOf(AdyenAnswer answer) => Parse(answer.Body, AdyenJson.Default.ServiceError)?.ErrorCode is { } code && IsPlain(code) ? code : null;

    private static bool IsPlain(string? word) => word is { Length: >= 1 and <= 64 } && word.All(c => c is > ' ' and <= '~');

    private static T? Parse<T>(byte[] body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Utf8.IsValid(body) ? JsonSerializer.Deserialize(body, type) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(6001, LogLevel.Warning, "Authorise {Reference}: Adyen refused with the unknown reason {Code}; answered as refused by issuer.")]
    private partial void LogUnknownRefusal(string reference, string? code);

    [LoggerMessage(6002, LogLevel.Critical, "Authorise {Reference}: ALERT, Adyen calls our amount invalid.")]
    private partial void LogInvalidAmount(string reference);

    [LoggerMessage(6003, LogLevel.Critical, "Operation {Reference}: ALERT, Adyen refuses our request itself ({Why}, error {Code}), not the card.")]
    private partial void LogOurFault(string reference, string why, string? code);
}
