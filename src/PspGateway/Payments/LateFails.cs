using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>Stores FAIL 85 before it is said, where the time is over and the database answers (ENGINE 3, 8).</summary>
internal sealed partial class LateFails(IPaymentStore store, QueueSignal signal, IWallet wallet, TimeProvider time, ILogger<LateFails> logger)
{
    /// <summary>The conditional FAIL of ENGINE 8, with a little time for it, less of it where we come late. Null: the database did not answer.</summary>
    public async Task<StoredAnswer?> DecideAsync(PendingAnswer mine)
    {
        try
        {
            var body = wallet.AnswerFail(new PspTransactionId(mine.PaymentId), DeclineReason.TooLate);
            Failpoint.Here("late-fail.before-commit", mine.PaymentId);
            if (await mine.Deadline.WithinAsync(limit => WritePatientlyAsync(mine, body, limit), mine.Deadline.UntilLastLook))
            {
                Failpoint.Here("late-fail.after-commit", mine.PaymentId);
                var failed = new StoredAnswer(mine.OperationId, Answer.Fail, body);
                mine.Decide(failed);
                signal.Set();
                return failed;
            }

            // Somebody decided first. What is read is committed, so an OK among it is confirmed.
            var stored = StoredAnswer.Of(await store.ReadAsync(mine.PaymentId).WaitAsync(mine.Deadline.UntilLastLook, time), mine.OperationId);
            if (stored is not null)
            {
                mine.Decide(stored);
            }

            return stored;
        }
        catch (Exception exception)
        {
            LogNotWritten(exception, new PspTransactionId(mine.PaymentId));
            return null;
        }
    }

    /// <summary>For a repeat that finds the answer of another call overdue.</summary>
    public async Task TryWriteAsync(Guid operationId, Guid paymentId)
    {
        try
        {
            if (await store.FailAsync(operationId, wallet.AnswerFail(new PspTransactionId(paymentId), DeclineReason.TooLate)))
            {
                signal.Set();
            }
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or ConnectionNotOpenedException)
        {
            LogNotWritten(exception, new PspTransactionId(paymentId));
        }
    }

    /// <summary>Ends a payment that still waits for a token, since the call that brought one may be too old for an OK already.</summary>
    /// <returns>False: it waits no more, read it again. Null: the database did not answer.</returns>
    public async Task<bool?> EndUnsentAsync(CallbackPayment payment, DeclineReason reason, AnswerDeadline deadline)
    {
        try
        {
            return await deadline.PatientlyAsync(
                limit => store.MoveAsync(Pool.Callback, payment.Id, PaymentMove.Decline, PaymentEventName.Declined, $"{reason}", limit),
                why => LogNotWritten(why, new PspTransactionId(payment.Id)));
        }
        catch (Exception exception)
        {
            LogNotWritten(exception, new PspTransactionId(payment.Id));
            return null;
        }
    }

    /// <summary>Somebody who holds the row for a moment may be deciding it: the lock is tried for again while there is time.</summary>
    private async Task<bool> WritePatientlyAsync(PendingAnswer mine, byte[] body, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return !mine.Decided.IsCompleted && await store.FailAsync(mine.OperationId, body);
            }
            catch (Npgsql.PostgresException exception) when (exception.SqlState == Npgsql.PostgresErrorCodes.LockNotAvailable)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    [LoggerMessage(2303, LogLevel.Warning, "Payment {PspTransactionId}: the late FAIL could not be stored in time.")]
    private partial void LogNotWritten(Exception exception, PspTransactionId pspTransactionId);
}
