using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Unicode;
using PspGateway.Acquirers.Adyen.Wire;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;
using PspGateway.Payments.StepUps;
using PspGateway.Payments.Telemetry;

namespace PspGateway.Acquirers.Adyen;

/// <summary>
/// Adyen as the 3-D Secure server: authentication only, by redirect. The specification allows it with a network token; no document confirms that
/// no money moves then, so an answer that says otherwise is believed (ENGINE 24).
/// </summary>
internal sealed partial class AdyenThreeDSecure(AdyenClient client, ILogger<AdyenThreeDSecure> logger) : IThreeDSecureServer
{
    private const string StillInWork = "704";
    private const string CancelledByCardholder = "01";
    private const int MostFields = 50;

    public async Task<AuthenticationOutcome> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        using var call = CounterpartyCall.Begin(CounterpartyCall.Acquirer, "authenticate");
        var body = JsonSerializer.SerializeToUtf8Bytes(ToWire(request), AdyenJson.Default.AuthenticationOnlyRequest);
        return call.Ended(Read(await client.PostAsync("/payments", body, request.IdempotencyKey, cancellationToken), request.Reference, challenged: false));
    }

    public async Task<AuthenticationOutcome> CompleteAsync(CompletionRequest request, CancellationToken cancellationToken)
    {
        using var call = CounterpartyCall.Begin(CounterpartyCall.Acquirer, "authentication-details");
        var body = JsonSerializer.SerializeToUtf8Bytes(new PaymentDetailsRequest { Details = new PaymentDetails { RedirectResult = request.RedirectResult } }, AdyenJson.Default.PaymentDetailsRequest);
        return call.Ended(Read(await client.PostAsync("/payments/details", body, request.IdempotencyKey, cancellationToken), request.Reference, challenged: true));
    }

    private static AuthenticationOnlyRequest ToWire(AuthenticationRequest request) => new()
    {
        Amount = new AdyenAmount { Currency = request.Amount.Currency.ToString(), Value = request.Amount.MinorUnits },
        MerchantAccount = request.Account,
        PaymentMethod = new NetworkTokenMethod
        {
            Type = "networkToken",
            Number = request.Card.Number.Reveal(),
            ExpiryMonth = request.Card.Expiry.Month.ToString("D2", CultureInfo.InvariantCulture),
            ExpiryYear = request.Card.Expiry.Year.ToString("D4", CultureInfo.InvariantCulture),
            Brand = request.Card.Scheme == CardScheme.Visa ? "visa" : "mc",
        },
        AuthenticationData = new AuthenticationData { AttemptAuthentication = "always", AuthenticationOnly = true, ThreeDSRequestData = new ThreeDSRequestData { NativeThreeDS = "disabled" } },
        BrowserInfo = new BrowserInfo
        {
            AcceptHeader = request.Browser.Accept,
            ColorDepth = request.Browser.ColourDepth,
            JavaEnabled = request.Browser.Java,
            JavaScriptEnabled = request.Browser.Script,
            Language = request.Browser.Language,
            ScreenHeight = request.Browser.ScreenHeight,
            ScreenWidth = request.Browser.ScreenWidth,
            TimeZoneOffset = request.Browser.TimeZoneOffset,
            UserAgent = request.Browser.UserAgent,
        },
        Channel = "Web",
        ShopperIP = request.Browser.Address?.ToString(),
        Reference = request.Reference,
        ReturnUrl = request.ReturnUrl.AbsoluteUri,
        ShopperInteraction = "Ecommerce",
    };

    private AuthenticationOutcome Read(AdyenAnswer answer, string reference, bool challenged)
    {
        switch (answer.Status)
        {
            case null when !answer.Sent:
                return new AuthenticationOutcome.NotSent(answer.Why);

            case HttpStatusCode.OK:
                return Parse(answer.Body) is { ResultCode: { } result } response
                    ? Read(response, result, reference, challenged)
                    : new AuthenticationOutcome.Doubtful("an answer that is not Adyen's");

            // Our request itself, on its only try: nothing was done with it.
            case HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity when ErrorCodeOf(answer.Body) is var code && code != StillInWork:
                if (challenged)
                {
                    // What the customer's browser brought back; anybody could have written it.
                    LogReturnRefused(reference, answer.Why, code);
                }
                else
                {
                    LogRefused(reference, answer.Why, code);
                }

                return new AuthenticationOutcome.Refused(answer.Why);

            default:
                return new AuthenticationOutcome.Doubtful(answer.Why);
        }
    }

    private static AuthenticationOutcome Read(PaymentResponse response, string result, string reference, bool challenged)
    {
        var held = IsPlain(response.PspReference) ? response.PspReference : null;
        if (response.MerchantReference != reference && (challenged || response.MerchantReference is not null))
        {
            // Somebody else's, or, by what a browser brought back, perhaps: nothing in it may be acted upon.
            return new AuthenticationOutcome.Doubtful("an answer for another reference");
        }

        return result switch
        {
            "AuthenticationFinished" => Finished(response.ThreeDS2Result, challenged),
            "AuthenticationNotRequired" => new AuthenticationOutcome.NotRequired(),
            "RedirectShopper" when !challenged => PageOf(response.Action) is { } page ? new AuthenticationOutcome.Challenge(page) : new AuthenticationOutcome.Refused("a redirect to nowhere"),
            "Cancelled" => new AuthenticationOutcome.Refused(result, ByCustomer: true),
            "Refused" or "Error" => new AuthenticationOutcome.Refused(result),
            _ => new AuthenticationOutcome.Doubtful($"result {result}", held),
        };
    }

    private static AuthenticationOutcome Finished(ThreeDS2Result? result, bool challenged) =>
        AuthenticationResult.Create(result?.AuthenticationValue, result?.Eci, result?.DsTransID, result?.MessageVersion, result?.TransStatus, challenged) is { } authenticated
            ? new AuthenticationOutcome.Authenticated(authenticated)
            : new AuthenticationOutcome.Refused($"transStatus {result?.TransStatus}", ByCustomer: result?.ChallengeCancel == CancelledByCardholder);

    /// <summary>An address that a browser may be sent to: https, or http on this machine.</summary>
    private static IssuerPage? PageOf(RedirectAction? action) =>
        Uri.TryCreate(action?.Url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && (action?.Data?.Count ?? 0) <= MostFields
            ? new IssuerPage(address, action?.Method == "POST", [.. (action?.Data ?? new Dictionary<string, string?>(StringComparer.Ordinal)).Select(field => KeyValuePair.Create(field.Key, field.Value ?? ""))])
            : null;

    private static PaymentResponse? Parse(byte[] body)
    {
        try
        {
            return Utf8.IsValid(body) ? JsonSerializer.Deserialize(body, AdyenJson.Default.PaymentResponse) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? ErrorCodeOf(byte[] body)
    {
        try
        {
            return Utf8.IsValid(body) && JsonSerializer.Deserialize(body, AdyenJson.Default.ServiceError)?.ErrorCode is { } code && IsPlain(code) ? code : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsPlain(string? word) => word is { Length: >= 1 and <= 64 } && word.All(c => c is > ' ' and <= '~');

    [LoggerMessage(6012, LogLevel.Warning, "3-D Secure {Reference}: Adyen refuses what the customer came back with ({Why}, error {Code}).")]
    private partial void LogReturnRefused(string reference, string why, string? code);

    [LoggerMessage(6011, LogLevel.Critical, "3-D Secure {Reference}: ALERT, Adyen refuses our request itself ({Why}, error {Code}).")]
    private partial void LogRefused(string reference, string why, string? code);
}
