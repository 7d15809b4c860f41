using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Storage.StepUps;
using PspGateway.Vault;

namespace PspGateway.Payments.StepUps;

/// <summary>Passes a first soft decline on to the customer, where there is a way back to the wallet.</summary>
internal sealed partial class StepUpAsk(
    StepUpStore stepUps, IPaymentStore store, StepUpVault vault, Fingerprints fingerprints, IWallet wallet, IOptions<StepUpOptions> options, IOptions<GatewayOptions> gateway, TimeProvider time, ILogger<StepUpAsk> logger)
{
    private const int Tries = 20;

    /// <summary>The answer that is stored now. Null: nobody was asked, and the soft decline is a refusal.</summary>
    public async Task<StoredAnswer?> TryAsync(CallbackPayment payment, Approval approval, string? openReference, PendingAnswer pending)
    {
        var id = new PspTransactionId(payment.Id);
        if (approval.Addresses is not { } addresses || !addresses.AreUsable(options.Value.Hosts))
        {
            LogNoWayBack(id);
            return null;
        }

        try
        {
            var page = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(24));
            var token = approval.Token;
            return await StoreAsync(payment, pending, new NewStepUp
            {
                OperationId = pending.OperationId,
                Generation = PendingAnswer.Generation,
                PageReference = page,
                SuccessUrl = addresses.Success,
                CancelUrl = addresses.Cancel,
                FailureUrl = addresses.Failure,
                NumberFingerprint = fingerprints.OfNumber(payment.Id, token),
                TokenFingerprint = fingerprints.OfToken(payment.Id, token),
                SealedCard = await vault.SealCardAsync(new StepUpCard(token.Number, token.Expiry, token.Scheme), new TokenBinding(payment.Id, payment.MerchantSerialNumber, pending.OperationId), CancellationToken.None),
                OpenReference = openReference,
                Body = wallet.AnswerSoftDecline(id, gateway.Value.Address($"/3ds/{page}")),
                Life = StepUpOptions.Life,
            });
        }
        catch (Exception exception)
        {
            LogNotAsked(exception, id);
            return null;
        }
    }

    private async Task<StoredAnswer?> StoreAsync(CallbackPayment payment, PendingAnswer pending, NewStepUp stepUp)
    {
        for (var tries = 0; tries < Tries && !pending.FailWentOut; tries++)
        {
            try
            {
                Failpoint.Here("step-up.before-commit", payment.Id);
                var asked = await stepUps.AskAsync(stepUp);
                Failpoint.Here("step-up.after-commit", payment.Id);
                if (asked)
                {
                    LogAsked(payment.Id);
                    return new StoredAnswer(pending.OperationId, Answer.SoftDecline, stepUp.Body);
                }

                // Decided by somebody else; or by this, with the confirmation lost.
                var current = await store.ReadAsync(payment.Id);
                return current?.Authorise is { Answer: Answer.SoftDecline, Body: { } body } authorise && authorise.Id == pending.OperationId
                    ? new StoredAnswer(pending.OperationId, Answer.SoftDecline, body)
                    : null;
            }
            catch (Exception exception)
            {
                LogNotAsked(exception, new PspTransactionId(payment.Id));
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(100 * (tries + 1), 1000)), time);
            }
        }

        return null;
    }

    private void LogAsked(Guid paymentId) => LogAsked(new PspTransactionId(paymentId));

    [LoggerMessage(2951, LogLevel.Information, "Payment {PspTransactionId}: the issuer wants 3-D Secure, the customer is asked.")]
    private partial void LogAsked(PspTransactionId pspTransactionId);

    [LoggerMessage(2952, LogLevel.Warning, "Payment {PspTransactionId}: the issuer wants 3-D Secure, and the call named no usable way back to the wallet.")]
    private partial void LogNoWayBack(PspTransactionId pspTransactionId);

    [LoggerMessage(2953, LogLevel.Error, "Payment {PspTransactionId}: the step-up could not be stored yet.")]
    private partial void LogNotAsked(Exception exception, PspTransactionId pspTransactionId);
}
