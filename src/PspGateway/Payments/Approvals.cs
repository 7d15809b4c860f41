using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.StepUps;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>
/// Answers a customer's approval: by accepting it, by joining the wait for one that was accepted before, or from what is stored. Always
/// has an answer by the deadline, whatever the database and the acquirer do (invariant I11).
/// </summary>
internal sealed partial class Approvals(
    IPaymentStore store,
    AuthoriseRunner runner,
    PendingAnswers answers,
    StepUpCalls stepUps,
    SharedReads reads,
    LateDecisions late,
    QueueSignal signal,
    IWallet wallet,
    TimeProvider time,
    ILogger<Approvals> logger)
{
    private static readonly TimeSpan RereadAfter = TimeSpan.FromMilliseconds(50);

    public async Task<AnswerToGive> AnswerAsync(CallbackPayment payment, Approval approval, AnswerDeadline deadline)
    {
        var (current, joins) = (payment, false);
        while (current is not null && deadline.IsOpen)
        {
            var waits = current.State is PaymentState.Created or PaymentState.Initiated;
            joins = !waits && (current.Authorise?.Answer != Answer.SoftDecline || answers.Find(current.Id) is not null);
            var answer = joins ? await JoinAsync(current, deadline)
                : waits ? await AcceptAsync(current, approval, deadline)
                : await AfterSoftDeclineAsync(current, approval, deadline);
            if (answer is not null)
            {
                return answer;
            }

            await Task.Delay(RereadAfter, time);
            current = await ReadAsync(payment.Id, deadline);
        }

        // A repeat leaves the row alone (ENGINE 3): what it waited for may just have been answered.
        return joins ? Fail(payment.Id, DeclineReason.TooLate) : FailAndSettle(new PendingAnswer(payment.Id, Guid.Empty, deadline), DeclineReason.TooLate);
    }

    /// <summary>An OK that can leave in time no more: FAIL goes out instead, and is stored over it unless another call has delivered it.</summary>
    public AnswerToGive TakeBack(PspTransactionId id, AnswerToGive ok) =>
        ok.OkOf is { } mine ? FailAndSettle(mine, DeclineReason.TooLate) : Fail(id.Value, DeclineReason.TooLate);

    /// <summary>ENGINE 22. Null: the payment had moved on, or the database did not say in time.</summary>
    private async Task<AnswerToGive?> AfterSoftDeclineAsync(CallbackPayment payment, Approval approval, AnswerDeadline deadline)
    {
        var judged = stepUps.JudgeAsync(payment, approval);
        return !await deadline.CompletesAsync(judged) ? null : await judged switch
        {
            StepUpVerdict.Repeat repeat => new AnswerToGive(repeat.Body),
            StepUpVerdict.Second second => await AcceptAsync(payment, approval with { AfterStepUp = second.Call }, deadline),
            StepUpVerdict.Fail fail => Fail(payment.Id, fail.Reason),
            _ => null,
        };
    }

    /// <summary>Null: the payment had moved on, read it again.</summary>
    private async Task<AnswerToGive?> AcceptAsync(CallbackPayment payment, Approval approval, AnswerDeadline deadline)
    {
        var mine = new PendingAnswer(payment.Id, Guid.CreateVersion7(time.GetUtcNow()), deadline);
        if (!answers.TryAdd(mine))
        {
            return await JoinAsync(payment, deadline);
        }

        runner.Start(payment, approval, mine);
        var answer = await FirstAnswerAsync(mine);

        // One that is settled later stays until then: a repeat that comes before must not be accepted anew.
        if (answer?.OkOf is null && !mine.FailWentOut)
        {
            answers.Remove(mine);
        }

        return answer;
    }

    private async Task<AnswerToGive?> FirstAnswerAsync(PendingAnswer mine)
    {
        await mine.Deadline.CompletesAsync(mine.Settled);
        if (!mine.Accepted.IsCompleted)
        {
            // The accept's commit hangs. Nothing was sent, and nothing will be.
            return FailAndSettle(mine, DeclineReason.TooLate);
        }

        switch (await mine.Accepted)
        {
            case AcceptVerdict.MovedOn:
                return null;
            case AcceptVerdict.NotWritten:
                return FailAndSettle(mine, DeclineReason.InternalError);
            case AcceptVerdict.Lost:
                return FailAndSettle(mine, DeclineReason.TooLate);
            case AcceptVerdict.Taken:
                break;
        }

        var stored = mine.Decided.IsCompleted ? await mine.Decided : await DecideLateAsync(mine);
        if (stored is null || (stored.Answer != Answer.Fail && (mine.FailWentOut || mine.Deadline.UntilLastOk == TimeSpan.Zero)))
        {
            // No word from the database, an answer that was confirmed too late to send (ENGINE 8), or one that was taken back before.
            return FailAndSettle(mine, DeclineReason.TooLate);
        }

        LogAnswered(new PspTransactionId(mine.PaymentId), stored.Answer);
        return new AnswerToGive(stored.Body, stored.Answer == Answer.Ok ? mine : null);
    }

    /// <summary>The conditional FAIL of ENGINE 8, with a little time for it, less of it where we come late. Null: the database did not answer.</summary>
    private async Task<StoredAnswer?> DecideLateAsync(PendingAnswer mine)
    {
        using var limit = new CancellationTokenSource(mine.Deadline.UntilLastLook, time);
        try
        {
            var body = wallet.AnswerFail(new PspTransactionId(mine.PaymentId), DeclineReason.TooLate);
            Failpoint.Here("late-fail.before-commit", mine.PaymentId);
            if (await WriteLateFailPatientlyAsync(mine, body, limit.Token).WaitAsync(limit.Token))
            {
                Failpoint.Here("late-fail.after-commit", mine.PaymentId);
                var failed = new StoredAnswer(mine.OperationId, Answer.Fail, body);
                mine.Decide(failed);
                signal.Set();
                return failed;
            }

            // Somebody decided first. What is read is committed, so an OK among it is confirmed.
            var stored = StoredAnswer.Of(await store.ReadAsync(mine.PaymentId).WaitAsync(limit.Token), mine.OperationId);
            if (stored is not null)
            {
                mine.Decide(stored);
            }

            return stored;
        }
        catch (Exception exception)
        {
            LogLateWriteFailed(exception, new PspTransactionId(mine.PaymentId));
            return null;
        }
    }

    /// <summary>Somebody who holds the row for a moment may be deciding it: the lock is tried for again while there is time.</summary>
    private async Task<bool> WriteLateFailPatientlyAsync(PendingAnswer mine, byte[] body, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return !mine.Decided.IsCompleted && await WriteLateFailAsync(mine.OperationId, body, cancellationToken);
            }
            catch (Npgsql.PostgresException exception) when (exception.SqlState == Npgsql.PostgresErrorCodes.LockNotAvailable)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Waits for an answer that is under way here or on another replica, or gives the stored one. Null: read again.</summary>
    private async Task<AnswerToGive?> JoinAsync(CallbackPayment payment, AnswerDeadline deadline) =>
        answers.Find(payment.Id) is { } pending ? await JoinHereAsync(pending, deadline) : await JoinElsewhereAsync(payment, deadline);

    private async Task<AnswerToGive?> JoinHereAsync(PendingAnswer pending, AnswerDeadline deadline)
    {
        if (!await deadline.CompletesForRepeatAsync(pending.Accepted))
        {
            return Fail(pending.PaymentId, DeclineReason.TooLate);
        }

        switch (await pending.Accepted)
        {
            case AcceptVerdict.MovedOn:
                answers.Remove(pending);
                return null;
            case AcceptVerdict.NotWritten:
                return Fail(pending.PaymentId, DeclineReason.InternalError);
            case AcceptVerdict.Lost:
                return Fail(pending.PaymentId, DeclineReason.TooLate);
            case AcceptVerdict.Taken:
                break;
        }

        if (!await deadline.CompletesForRepeatAsync(pending.Decided))
        {
            return Fail(pending.PaymentId, DeclineReason.TooLate);
        }

        var stored = await pending.Decided;
        if (stored.Answer != Answer.Ok)
        {
            // Who may have the bytes of a soft decline again is told by what is stored of the step-up.
            return stored.Answer == Answer.Fail ? new AnswerToGive(stored.Body) : pending.FailWentOut ? Fail(pending.PaymentId, DeclineReason.TooLate) : null;
        }

        // ENGINE 3: an OK is repeated only once it is known to be delivered.
        return await deadline.CompletesForRepeatAsync(pending.Delivered) && await pending.Delivered
            ? new AnswerToGive(stored.Body)
            : Fail(pending.PaymentId, DeclineReason.TooLate);
    }

    private async Task<AnswerToGive?> JoinElsewhereAsync(CallbackPayment payment, AnswerDeadline deadline)
    {
        var current = payment;
        while (current is not null)
        {
            if (Stored(current) is { } answer)
            {
                return answer;
            }

            if (current is { State: PaymentState.Created or PaymentState.Initiated } or { Authorise.Answer: Answer.SoftDecline })
            {
                return null;
            }

            if (current.Authorise is { Overdue: true, Answer: null } overdue)
            {
                await deadline.CompletesForRepeatAsync(TryWriteLateFailAsync(overdue.Id, current.Id));
            }

            var next = reads.NextAsync(current.Id);
            if (!await deadline.CompletesForRepeatAsync(next))
            {
                break;
            }

            current = await next ?? current;
        }

        return Fail(payment.Id, DeclineReason.TooLate);
    }

    /// <summary>The answer that a repeat gets from what is stored; null while that is open.</summary>
    private AnswerToGive? Stored(CallbackPayment payment) => (payment.State, payment.Authorise) switch
    {
        (PaymentState.Created or PaymentState.Initiated, _) or (_, { Answer: Answer.SoftDecline }) => null,
        (_, { Answer: Answer.Fail, Body: { } body }) => new AnswerToGive(body),
        (PaymentState.Authorised, { Answer: Answer.Ok, Delivered: true, Body: { } body }) => new AnswerToGive(body),
        (PaymentState.Authorising or PaymentState.Approved or PaymentState.Authorised, not null) => null,
        _ => Fail(payment.Id, DeclineReason.TooLate),
    };

    private async Task TryWriteLateFailAsync(Guid operationId, Guid paymentId)
    {
        try
        {
            if (await WriteLateFailAsync(operationId, wallet.AnswerFail(new PspTransactionId(paymentId), DeclineReason.TooLate), CancellationToken.None))
            {
                signal.Set();
            }
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or ConnectionNotOpenedException)
        {
            LogLateWriteFailed(exception, new PspTransactionId(paymentId));
        }
    }

    private Task<bool> WriteLateFailAsync(Guid operationId, byte[] body, CancellationToken cancellationToken) => store.DecideAsync(
        Pool.Callback,
        new Decision { OperationId = operationId, Move = PaymentMove.Decline, Event = PaymentEventName.Declined, Reason = nameof(DeclineReason.TooLate), FailBody = body },
        cancellationToken);

    private async Task<CallbackPayment?> ReadAsync(Guid paymentId, AnswerDeadline deadline)
    {
        var read = store.ReadAsync(paymentId);
        return await deadline.CompletesAsync(read) ? await read : null;
    }

    /// <summary>A FAIL that is not stored yet: it will be, so that the same call never gets an OK later.</summary>
    private AnswerToGive FailAndSettle(PendingAnswer mine, DeclineReason reason)
    {
        late.Settle(mine);
        return Fail(mine.PaymentId, reason);
    }

    private AnswerToGive Fail(Guid paymentId, DeclineReason reason)
    {
        LogFailed(new PspTransactionId(paymentId), reason);
        return new AnswerToGive(wallet.AnswerFail(new PspTransactionId(paymentId), reason));
    }

    [LoggerMessage(2301, LogLevel.Debug, "Payment {PspTransactionId}: answering {Answer}.")]
    private partial void LogAnswered(PspTransactionId pspTransactionId, Answer answer);

    [LoggerMessage(2302, LogLevel.Warning, "Payment {PspTransactionId}: answering FAIL without a stored answer, reason {Reason}.")]
    private partial void LogFailed(PspTransactionId pspTransactionId, DeclineReason reason);

    [LoggerMessage(2303, LogLevel.Warning, "Payment {PspTransactionId}: the late FAIL could not be stored in time.")]
    private partial void LogLateWriteFailed(Exception exception, PspTransactionId pspTransactionId);
}
