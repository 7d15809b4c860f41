using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Vipps.Wire;

namespace PspGateway.Vipps;

/// <summary>The wallet that speaks PSP API v3.</summary>
internal sealed partial class VippsWallet(VippsClient client, MakePaymentTokens tokens, IOptions<VippsOptions> options, IOptions<GatewayOptions> gateway, ILogger<VippsWallet> logger) : IWallet
{
    private static readonly TimeSpan CallbackLife = TimeSpan.FromMinutes(60);

    public CallbackCredential IssueCallback(PspTransactionId id, MerchantSerialNumber merchant, Money amount, DateTimeOffset at)
    {
        // exp has whole seconds: what is stored must give the same token again.
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((at + CallbackLife).ToUnixTimeSeconds());
        var keyId = tokens.CurrentKeyId;
        return new CallbackCredential(keyId, expiresAt, MakePaymentTokens.Hash(tokens.Issue(id, merchant, amount, keyId, expiresAt)));
    }

    public async Task<InitiationOutcome> InitiateAsync(Initiation initiation, CancellationToken cancellationToken)
    {
        var request = new InitiatePaymentRequest
        {
            PspTransactionId = initiation.Id.ToString(),
            MerchantOrderId = initiation.Reference.Value,
            CustomerMobileNumber = initiation.PhoneNumber,
            Amount = checked((int)initiation.Amount.MinorUnits),
            Currency = initiation.Amount.Currency.ToString(),
            PspRedirectUrl = initiation.ReturnPage.AbsoluteUri,
            MakePaymentUrl = gateway.Value.Address("/vipps/make-payment").AbsoluteUri,
            MakePaymentToken = tokens.Issue(initiation.Id, initiation.Merchant, initiation.Amount, initiation.CallbackKeyId, initiation.CallbackExpiresAt),
            PaymentText = initiation.Description,
            IsApp = initiation.UserFlow == UserFlow.NativeRedirect ? true : null,
            SkipLandingPage = initiation.UserFlow == UserFlow.PushMessage ? true : null,
        };
        Failpoint.Here("init.before-send", initiation.Reference.Value);
        var answer = await client.PostAsync("init", "/psp/v3/psppayments/init", initiation.Merchant.Value, request, VippsJson.Default.InitiatePaymentRequest, initiation.Id.ToString(), cancellationToken);
        Failpoint.Here("init.after-answer", initiation.Reference.Value);
        var outcome = Read(answer);
        LogInitiated(initiation.Id, outcome.GetType().Name, (int?)answer.Status ?? 0);
        return outcome;
    }

    public bool CanForceApprove => options.Value.TestEnvironment;

    public async Task<string?> ForceApproveAsync(PspTransactionId id, MerchantSerialNumber merchant, string phoneNumber, string token, CancellationToken cancellationToken)
    {
        var request = new ForceApproveRequest { CustomerPhoneNumber = phoneNumber, Token = token };
        var answer = await client.PostAsync("force_approve", $"/psp/v3/integration-test/psppayments/{id}/approve", merchant.Value, request, VippsJson.Default.ForceApproveRequest, id.ToString(), cancellationToken);
        return answer.IsSuccess ? null : answer.Why ?? VippsError.Parse(answer.Body).Text;
    }

    public byte[] AnswerOk(PspTransactionId id) => MakePaymentAnswer.Ok(id);

    public byte[] AnswerFail(PspTransactionId id, DeclineReason reason) => MakePaymentAnswer.Fail(id, VippsErrorId.Of(reason), options.Value.ErrorIdAsString);

    public byte[] AnswerSoftDecline(PspTransactionId id, Uri page) => MakePaymentAnswer.SoftDecline(id, page, options.Value.ErrorIdAsString);

    private static InitiationOutcome Read(VippsAnswer answer)
    {
        switch (answer.Status)
        {
            case HttpStatusCode.OK:
                return RedirectUrlOf(answer.Body) is { } url ? new InitiationOutcome.Initiated(url) : new InitiationOutcome.Unknown("Vipps' answer has no vippsRedirectUrl.");

            // Our own credentials or our own haste, nothing the merchant can mend: the same key may resume.
            case null or HttpStatusCode.Unauthorized or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                return new InitiationOutcome.Unknown(answer.Why ?? $"HTTP {(int?)answer.Status}: {VippsError.Parse(answer.Body).Text}");

            case >= HttpStatusCode.BadRequest:
                var error = VippsError.Parse(answer.Body);
                return error.Code switch
                {
                    "44" => new InitiationOutcome.AlreadyInitiated(),
                    "99" => new InitiationOutcome.ReferenceTaken(error.Text),
                    _ => new InitiationOutcome.Refused(error.Code is null ? error.Text : $"{error.Text} (Vipps error {error.Code})"),
                };

            default:
                return new InitiationOutcome.Unknown($"HTTP {(int)answer.Status}");
        }
    }

    private static string? RedirectUrlOf(string body)
    {
        try
        {
            var answer = JsonSerializer.Deserialize(body, VippsJson.Default.InitiatePaymentResponse);
            var url = answer?.VippsRedirectUrl ?? answer?.Url;
            return Uri.TryCreate(url, UriKind.Absolute, out _) && url.All(c => c is > ' ' and <= '~') ? url : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(3101, LogLevel.Information, "Payment {PspTransactionId}: init at Vipps: {Outcome} (HTTP {Status}).")]
    private partial void LogInitiated(PspTransactionId pspTransactionId, string outcome, int status);
}
