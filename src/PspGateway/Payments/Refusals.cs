using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>
/// The customer said no, or nothing, before or after the token came (ENGINE 10). What is under way is decided by it; an OK that was given
/// is taken back, since the wallet did not take it.
/// </summary>
internal sealed partial class Refusals(IPaymentStore store, IModificationStore books, PendingAnswers answers, QueueSignal signal, IWallet wallet, TimeProvider time, ILogger<Refusals> logger)
{
    private const int MostRereads = 4;

    /// <summary>A difference: the wallet did not take our OK, and what it was said for cannot be undone by itself.</summary>
    private const string NotTaken = "NotTakenByWallet";

    /// <summary>An OK that has left so shortly before a FAIL was told may have arrived after it.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(1);

    /// <param name="move">Abort or Expire.</param>
    /// <returns>False when the payment kept moving: it has to be tried again.</returns>
    public async Task<bool> RefuseAsync(CallbackPayment payment, PaymentMove move, PaymentEventName name, string reason, CancellationToken cancellationToken)
    {
        // What was withdrawn before this call has had its alert.
        var current = payment.State == PaymentState.Withdrawn ? null : payment;
        for (var i = 0; i < MostRereads && current is not null; i++)
        {
            Failpoint.Here("refusal.before-commit", payment.Id);
            if (await TryAsync(current, move, name, reason, saidAgo: null, cancellationToken))
            {
                Failpoint.Here("refusal.after-commit", payment.Id);
                signal.Set();
                return true;
            }

            current = await store.ReadAloneAsync(Pool.Callback, payment.Id, cancellationToken);
        }

        return payment.State == PaymentState.Withdrawn;
    }

    /// <summary>Stores what was said before it could be.</summary>
    /// <param name="isMeant">Whether the payment that is found is the one it was said of.</param>
    /// <param name="saidAt">A timestamp of this process' clock.</param>
    /// <returns>False when the payment kept moving: it has to be tried again.</returns>
    public async Task<bool> RefuseLateAsync(Guid paymentId, Func<CallbackPayment, bool> isMeant, PaymentMove move, PaymentEventName name, string reason, long saidAt, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MostRereads; i++)
        {
            var atLeast = time.GetElapsedTime(saidAt);
            if (await store.ReadAloneAsync(Pool.General, paymentId, cancellationToken) is not { } payment || !isMeant(payment))
            {
                LogNotMeant(new PspTransactionId(paymentId), reason);
                return true;
            }

            // Which was first is not known while the read took longer than what lies between; the last look decides for the outcome.
            var unclear = payment.Authorise?.DeliveredAgo is { } deliveredAgo && deliveredAgo >= atLeast + OnItsWay && deliveredAgo <= time.GetElapsedTime(saidAt) + OnItsWay;
            if (unclear && i < MostRereads - 1)
            {
                continue;
            }

            Failpoint.Here("refusal.before-commit", paymentId);
            if (await TryAsync(payment, move, name, reason, atLeast, cancellationToken))
            {
                Failpoint.Here("refusal.after-commit", paymentId);
                signal.Set();
                return true;
            }
        }

        return false;
    }

    /// <summary>True when there is nothing left to do.</summary>
    private async Task<bool> TryAsync(CallbackPayment payment, PaymentMove move, PaymentEventName name, string reason, TimeSpan? saidAgo, CancellationToken cancellationToken)
    {
        var id = new PspTransactionId(payment.Id);
        switch (payment.State)
        {
            case PaymentState.Withdrawn:
                // By an attempt of ours whose confirmation was lost, it may be: what that would have done here is done now, perhaps once more.
                NoteWithdrawn(payment.Id, reason);
                return true;

            // A FAIL of ours to a call that came after the answer of another: that one stands, if it arrived.
            case not (PaymentState.Created or PaymentState.Initiated or PaymentState.StepUp) when move == PaymentMove.Decline && !IsOlder(saidAgo, payment):
                if (payment.State is PaymentState.Approved or PaymentState.Authorised)
                {
                    await books.OpenDifferenceAsync(Pool.Callback, payment.Id, "FailedAfterOk", payment.Amount.MinorUnits - payment.CancelledMinor, 0, cancellationToken);
                    LogFailedAfterwards(id);
                }

                return true;

            case PaymentState.Created or PaymentState.Initiated or PaymentState.StepUp:
                var moved = await store.MoveAsync(Pool.Callback, payment.Id, move, name, reason, cancellationToken);
                if (moved)
                {
                    LogEnded(id, reason);
                }

                return moved;

            case PaymentState.Authorising when payment.Authorise is { } authorise:
                var body = wallet.AnswerFail(id, DeclineReason.TooLate);
                var decision = new Decision { OperationId = authorise.Id, Move = move, Event = name, Reason = reason, FailBody = body };
                if (!await store.DecideAsync(Pool.Callback, decision, cancellationToken))
                {
                    return false;
                }

                LogDecided(id, reason);
                answers.Find(payment.Id)?.Decide(new StoredAnswer(authorise.Id, Answer.Fail, body));
                return true;

            case PaymentState.Approved or PaymentState.Authorised when payment.CapturedMinor > 0:
                await books.OpenDifferenceAsync(Pool.Callback, payment.Id, NotTaken, payment.CapturedMinor, 0, cancellationToken);
                LogCaptured(id, reason);
                return true;

            // The merchant has let it go already: what is left at the acquirer is being cancelled, and reported.
            case PaymentState.Authorised when payment.CancelledMinor > 0:
                await books.OpenDifferenceAsync(Pool.Callback, payment.Id, NotTaken, payment.CancelledMinor, 0, cancellationToken);
                LogCancelled(id, reason);
                return true;

            case PaymentState.Approved or PaymentState.Authorised when payment.Authorise is { } authorise:
                var withdrawal = new Decision { OperationId = authorise.Id, While = Answer.Ok, Move = PaymentMove.Withdraw, Event = PaymentEventName.Withdrawn, Reason = move == PaymentMove.Decline ? "FailedBefore" : reason };
                if (!await store.DecideAsync(Pool.Callback, withdrawal, cancellationToken))
                {
                    return false;
                }

                NoteWithdrawn(payment.Id, reason);
                return true;

            default:
                return true;
        }
    }

    private void NoteWithdrawn(Guid paymentId, string reason)
    {
        // An OK that is committed and not confirmed yet must not go out any more.
        answers.Find(paymentId)?.LatchFail();
        LogWithdrawn(new PspTransactionId(paymentId), reason);
        GatewayMeter.Doubtful(DoubtCause.RefusedByWallet);
    }

    /// <summary>
    /// The wallet had a FAIL before, or at the moment when, an OK left, by whatever replica: the first result stands, so that the OK was not taken.
    /// An OK can be decided long before it leaves, while its confirmation is on its way: only what is marked as delivered has surely left.
    /// </summary>
    private static bool IsOlder(TimeSpan? saidAgo, CallbackPayment payment) =>
        payment is { State: PaymentState.Authorising or PaymentState.Approved or PaymentState.Authorised, Authorise: { } authorise } && (authorise.DeliveredAgo is not { } deliveredAgo || deliveredAgo < saidAgo + OnItsWay);

    [LoggerMessage(2401, LogLevel.Information, "Payment {PspTransactionId}: ended without approval, {Reason}.")]
    private partial void LogEnded(PspTransactionId pspTransactionId, string reason);

    [LoggerMessage(2402, LogLevel.Warning, "Payment {PspTransactionId}: decided while authorising, {Reason}; an approval is reversed.")]
    private partial void LogDecided(PspTransactionId pspTransactionId, string reason);

    [LoggerMessage(2403, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, Vipps did not take our OK ({Reason}); the approval is being reversed.")]
    private partial void LogWithdrawn(PspTransactionId pspTransactionId, string reason);

    [LoggerMessage(2407, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, Vipps did not take our OK ({Reason}). The merchant has ordered its cancel already: see that it is done, or cancel what is left at the acquirer.")]
    private partial void LogCancelled(PspTransactionId pspTransactionId, string reason);

    [LoggerMessage(2408, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, a repeat of its call was answered FAIL while the database was away, after an OK. If Vipps shows it as failed, the OK was lost: cancel it.")]
    private partial void LogFailedAfterwards(PspTransactionId pspTransactionId);

    [LoggerMessage(2416, LogLevel.Information, "Payment {PspTransactionId}: what was answered ({Reason}) before it could be stored has nothing left to end.")]
    private partial void LogNotMeant(PspTransactionId pspTransactionId, string reason);

    [LoggerMessage(2404, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, Vipps did not take our OK ({Reason}), but money is captured; a person must decide.")]
    private partial void LogCaptured(PspTransactionId pspTransactionId, string reason);
}
