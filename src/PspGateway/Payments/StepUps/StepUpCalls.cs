using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Storage.StepUps;
using PspGateway.Vault;

namespace PspGateway.Payments.StepUps;

/// <summary>What a call that comes after a SOFT_DECLINE is.</summary>
internal abstract record StepUpVerdict
{
    private StepUpVerdict()
    {
    }

    /// <summary>The first call again.</summary>
    public sealed record Repeat(byte[] Body) : StepUpVerdict;

    /// <summary>The second call: to be accepted.</summary>
    public sealed record Second(SecondCall Call) : StepUpVerdict;

    public sealed record Fail(DeclineReason Reason) : StepUpVerdict;

    /// <summary>The payment has moved on meanwhile: read it again.</summary>
    public sealed record MovedOn : StepUpVerdict;
}

/// <param name="Result">Null: the issuer had nothing to vouch for.</param>
internal sealed record SecondCall(Guid StepUpId, AuthenticationResult? Result);

/// <summary>Tells what calls of a payment mean whose first answer was SOFT_DECLINE (ENGINE 22).</summary>
internal sealed partial class StepUpCalls(StepUpStore store, StepUpVault vault, Fingerprints fingerprints, IOptions<StepUpOptions> options, ILogger<StepUpCalls> logger)
{
    private static readonly StepUpVerdict Refused = new StepUpVerdict.Fail(DeclineReason.AuthenticationFailed);
    private static readonly StepUpVerdict TooLate = new StepUpVerdict.Fail(DeclineReason.TooLate);

    public async Task<StepUpVerdict> JudgeAsync(CallbackPayment payment, Approval approval)
    {
        switch (payment.State)
        {
            case PaymentState.StepUp:
                break;

            // Failed, cancelled by the customer at the page, or called with another card; or the second call had its FAIL without being accepted.
            case PaymentState.Declined:
                return LateRefusal.ReasonOf(payment.DeclineReason) is { } told ? new StepUpVerdict.Fail(told) : Refused;

            // By its own clock, or by the wallet's TIMEOUT.
            case PaymentState.Expired:
                return await store.OfPaymentAsync(payment.Id) is { State: StepUpState.Expired } ? Refused : TooLate;

            default:
                return TooLate;
        }

        if (await store.OfPaymentAsync(payment.Id) is not { } stepUp || payment.Authorise?.Body is not { } body)
        {
            return TooLate;
        }

        return stepUp switch
        {
            { Overdue: true } => Refused,
            { State: StepUpState.Waiting or StepUpState.Authenticating or StepUpState.Challenged } => await UndecidedAsync(stepUp, approval, body),
            { State: StepUpState.Succeeded } => await SucceededAsync(stepUp, approval),
            _ => new StepUpVerdict.MovedOn(),
        };
    }

    private async Task<StepUpVerdict> UndecidedAsync(StepUp stepUp, Approval approval, byte[] body)
    {
        if (!Fingerprints.Equal(stepUp.TokenFingerprint, fingerprints.OfToken(stepUp.PaymentId, approval.Token)))
        {
            LogTooEarly(stepUp.PspTransactionId);
            return Refused;
        }

        if (approval.Addresses is { } addresses && addresses.AreUsable(options.Value.Hosts))
        {
            await store.RenewAsync(stepUp.Id, addresses.Success, addresses.Cancel, addresses.Failure);
        }

        return new StepUpVerdict.Repeat(body);
    }

    private async Task<StepUpVerdict> SucceededAsync(StepUp stepUp, Approval approval)
    {
        if (!Fingerprints.Equal(stepUp.NumberFingerprint, fingerprints.OfNumber(stepUp.PaymentId, approval.Token)))
        {
            // What the issuer vouched for is another card.
            if (!await store.EndAsync(Pool.Callback, stepUp.Id, [StepUpState.Succeeded], StepUpState.Failed, nameof(DeclineReason.AuthenticationFailed)))
            {
                return new StepUpVerdict.MovedOn();
            }

            LogAnotherCard(stepUp.PspTransactionId);
            return Refused;
        }

        try
        {
            var binding = new TokenBinding(stepUp.PaymentId, stepUp.MerchantSerialNumber, stepUp.OperationId);
            return new StepUpVerdict.Second(new SecondCall(stepUp.Id, stepUp.SealedResult is { } result ? await vault.OpenResultAsync(result, binding, CancellationToken.None) : null));
        }
        catch (CryptographicException exception)
        {
            LogNotOpened(exception, stepUp.PspTransactionId);
            return Refused;
        }
    }

    [LoggerMessage(2961, LogLevel.Warning, "Payment {PspTransactionId}: another call came before the challenge was over; it is answered as a refusal.")]
    private partial void LogTooEarly(PspTransactionId pspTransactionId);

    [LoggerMessage(2962, LogLevel.Warning, "Payment {PspTransactionId}: the call after the step-up brought another card; the payment is declined.")]
    private partial void LogAnotherCard(PspTransactionId pspTransactionId);

    [LoggerMessage(2963, LogLevel.Error, "Payment {PspTransactionId}: the issuer's result could not be opened.")]
    private partial void LogNotOpened(Exception exception, PspTransactionId pspTransactionId);
}
