using System.Threading.Channels;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>
/// Stores what was said before it could be stored (ENGINE 8, 9): a FAIL that went out while the database did not answer, and the doubt
/// about an OK whose bytes may not have arrived. Tries until the database answers; if this process dies first, the lease brings it to another.
/// </summary>
internal sealed partial class LateDecisions(IPaymentStore store, IWallet wallet, PendingAnswers answers, Refusals refusals, IKeptRefusals kept, QueueSignal signal, TimeProvider time, ILogger<LateDecisions> logger) : BackgroundService
{
    private const int Capacity = 10_000;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>A try on a line that went silent holds nothing up: its writes are conditional, so that it may be made again.</summary>
    private static readonly TimeSpan TryFor = TimeSpan.FromSeconds(3);

    private readonly Channel<(PendingAnswer Pending, bool Doubtful, long SaidAt)> _queue = Channel.CreateBounded<(PendingAnswer, bool, long)>(Capacity);

    /// <summary>FAIL has gone out, or must: it is stored, also over an OK that is not delivered, and whatever is held is reversed.</summary>
    public void Settle(PendingAnswer pending)
    {
        pending.LatchFail();
        Enqueue(pending, doubtful: false, time.GetTimestamp());
    }

    /// <summary>As <see cref="Settle"/>, where no lease may bring it back, since the token may not be accepted: it is kept as a file until it is stored.</summary>
    public async Task SettleUnacceptedAsync(PendingAnswer pending, byte[] tokenHash, DeclineReason reason)
    {
        pending.LatchFail(reason);
        pending.IsKept = true;
        await kept.KeepAsync(new LateRefusal(pending.PaymentId, tokenHash, PaymentMove.Decline, PaymentEventName.Declined, $"{reason}", time.GetTimestamp()) { By = pending.OperationId }, pending.Deadline.ForAFile);
        Enqueue(pending, doubtful: false, time.GetTimestamp());
    }

    /// <summary>OK was written to the connection, and the connection broke.</summary>
    public void Doubt(PendingAnswer pending)
    {
        pending.MarkDelivered(false);

        // Before it is stored: the confirmation of that may be lost.
        LogDoubtful(new PspTransactionId(pending.PaymentId));
        GatewayMeter.Doubtful(DoubtCause.ConnectionBroken);
        Enqueue(pending, doubtful: true, time.GetTimestamp());
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(stoppingToken))
            {
                while (_queue.Reader.TryRead(out var next))
                {
                    if (!await TryStoreAsync(next.Pending, next.Doubtful, next.SaidAt))
                    {
                        Enqueue(next.Pending, next.Doubtful, next.SaidAt);
                        await Task.Delay(RetryAfter, time, stoppingToken);
                    }
                }
            }
        }
        finally
        {
            // One last try on the way out, until the first that fails. What was accepted, its lease brings back; of what was not, a person must know.
            var (stored, inFiles) = (true, (await kept.ListAsync() ?? []).ToHashSet());
            while (_queue.Reader.TryRead(out var next))
            {
                stored = stored && await TryStoreAsync(next.Pending, next.Doubtful, next.SaidAt);
                if (!stored && inFiles.Contains(KeyOf(next.Pending)))
                {
                    LogKept(new PspTransactionId(next.Pending.PaymentId));
                }
                else if (!stored)
                {
                    LogForgotten(new PspTransactionId(next.Pending.PaymentId));
                }
            }
        }
    }

    private async Task<bool> TryStoreAsync(PendingAnswer pending, bool doubtful, long saidAt)
    {
        try
        {
            using var step = PaymentTrace.Step("late decision", new PspTransactionId(pending.PaymentId));
            using var limit = new CancellationTokenSource(TryFor, time);
            Failpoint.Here(doubtful ? "withdraw.before-commit" : "late-settle.before-commit", pending.PaymentId);
            await (doubtful ? WithdrawAsync(pending, limit.Token) : FailAsync(pending, saidAt, limit.Token)).WaitAsync(limit.Token);
            Failpoint.Here(doubtful ? "withdraw.after-commit" : "late-settle.after-commit", pending.PaymentId);
            answers.Remove(pending);
            signal.Set();
            if (pending.IsKept)
            {
                await kept.RemoveAsync(KeyOf(pending));
            }

            return true;
        }
        catch (Exception exception)
        {
            LogNotStored(exception, new PspTransactionId(pending.PaymentId));
            return false;
        }
    }

    private async Task FailAsync(PendingAnswer pending, long saidAt, CancellationToken cancellationToken)
    {
        var id = new PspTransactionId(pending.PaymentId);
        var body = wallet.AnswerFail(id, DeclineReason.TooLate);
        var failed = Decision.TooLate(pending.OperationId, body, pending.NothingSent);
        var overruled = new Decision { OperationId = pending.OperationId, While = Answer.Ok, OnlyUndelivered = true, Move = PaymentMove.Overrule, Event = PaymentEventName.Overruled, Reason = nameof(DeclineReason.TooLate), FailBody = body };

        var stepUp = new Decision { OperationId = pending.OperationId, While = Answer.SoftDecline, Move = PaymentMove.Decline, Event = PaymentEventName.Declined, Reason = nameof(DeclineReason.TooLate), FailBody = body };

        // Without an operation the payment still waits for a token: it is ended too, or the same call could get an OK later. An accept
        // whose commit is still on its way finds it ended.
        if (await store.DecideAsync(Pool.General, failed, cancellationToken)
            || await store.DecideAsync(Pool.General, overruled, cancellationToken)
            || await store.DecideAsync(Pool.General, stepUp, cancellationToken)
            || await store.MoveAsync(Pool.General, pending.PaymentId, PaymentMove.Decline, PaymentEventName.Declined, $"{pending.FailReason}", cancellationToken))
        {
            LogStored(id);
            return;
        }

        // Another replica has accepted the token meanwhile.
        if (!await refusals.RefuseLateAsync(
            pending.PaymentId,
            payment => payment.Authorise is { } other && other.Id != pending.OperationId,
            PaymentMove.Decline,
            PaymentEventName.Declined,
            nameof(DeclineReason.TooLate),
            saidAt,
            cancellationToken))
        {
            throw new InvalidOperationException("The payment keeps moving.");
        }
    }

    private static RefusalKey KeyOf(PendingAnswer unaccepted) => new(unaccepted.PaymentId, PaymentMove.Decline, unaccepted.OperationId);

    private async Task WithdrawAsync(PendingAnswer pending, CancellationToken cancellationToken)
    {
        var decision = new Decision { OperationId = pending.OperationId, While = Answer.Ok, OnlyUndelivered = true, Move = PaymentMove.Withdraw, Event = PaymentEventName.Withdrawn, Reason = "DeliveryDoubtful" };
        await store.DecideAsync(Pool.General, decision, cancellationToken);
    }

    private void Enqueue(PendingAnswer pending, bool doubtful, long saidAt)
    {
        if (!_queue.Writer.TryWrite((pending, doubtful, saidAt)))
        {
            LogFull(new PspTransactionId(pending.PaymentId));
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "Payment {PspTransactionId}: the late FAIL is stored; whatever the acquirer holds is being reversed.")]
    private partial void LogStored(PspTransactionId pspTransactionId);

    [LoggerMessage(2102, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, an OK may not have arrived; its approval is being reversed.")]
    private partial void LogDoubtful(PspTransactionId pspTransactionId);

    [LoggerMessage(2103, LogLevel.Error, "Payment {PspTransactionId}: a late decision could not be stored yet.")]
    private partial void LogNotStored(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2105, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, a FAIL or a doubt could not be stored before the stop. What was accepted, its lease decides; else look the payment up at Vipps.")]
    private partial void LogForgotten(PspTransactionId pspTransactionId);

    [LoggerMessage(2106, LogLevel.Warning, "Payment {PspTransactionId}: a FAIL that could not be stored is left in its file, for the next process that starts or another that runs.")]
    private partial void LogKept(PspTransactionId pspTransactionId);

    [LoggerMessage(2104, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, too many late decisions wait; the lease will bring this one back.")]
    private partial void LogFull(PspTransactionId pspTransactionId);
}
