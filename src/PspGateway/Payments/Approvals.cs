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
    LateFails lateFails,
    LateDecisions late,
    IWallet wallet,
    TimeProvider time,
    ILogger<Approvals> logger)
{
    private static readonly TimeSpan RereadAfter = TimeSpan.FromMilliseconds(50);

    /// <param name="deadline">From when the call was read: a repeat waits for what another call has begun, and touches nothing of it.</param>
    /// <param name="own">From when it came: what this call begins itself is for a wallet that has waited since then.</param>
    public async Task<AnswerToGive> AnswerAsync(CallbackPayment payment, Approval approval, AnswerDeadline deadline, AnswerDeadline own)
    {
        CallbackPayment? current = payment;
        var joins = Joins(payment);
        while (current is not null && deadline.IsOpen)
        {
            joins = Joins(current);
            var answer = joins ? await JoinAsync(current, deadline)
                : current.State is PaymentState.Created or PaymentState.Initiated ? await AcceptAsync(current, approval, deadline, own)
                : await AfterSoftDeclineAsync(current, approval, deadline, own);
            if (answer is not null)
            {
                return answer;
            }

            await Task.Delay(RereadAfter, time);
            current = await ReadAsync(payment.Id, deadline);
        }

        // A repeat leaves the row alone (ENGINE 3): what it waited for may just have been answered.
        return joins ? Fail(payment.Id, DeclineReason.TooLate) : await FailUnacceptedAsync(payment, deadline, DeclineReason.TooLate);
    }

    /// <summary>An OK that can leave in time no more: FAIL goes out instead, and is stored over it unless another call has delivered it.</summary>
    public AnswerToGive TakeBack(PspTransactionId id, AnswerToGive ok) =>
        ok.OkOf is { } mine ? FailAndSettle(mine, DeclineReason.TooLate) : Fail(id.Value, DeclineReason.TooLate);

    /// <summary>What this process has said already, of a payment whose FAIL is not stored yet; null: nothing.</summary>
    public DeclineReason? FailTold(Guid paymentId) => answers.Find(paymentId) is { FailWentOut: true } pending ? pending.FailReason : null;

    /// <summary>True when another call has begun what this one can only wait for.</summary>
    private bool Joins(CallbackPayment payment) =>
        payment.State is not (PaymentState.Created or PaymentState.Initiated) && (payment.Authorise?.Answer != Answer.SoftDecline || answers.Find(payment.Id) is not null);

    /// <summary>ENGINE 22. Null: the payment had moved on, or the database did not say in time.</summary>
    private async Task<AnswerToGive?> AfterSoftDeclineAsync(CallbackPayment payment, Approval approval, AnswerDeadline deadline, AnswerDeadline own)
    {
        var judged = stepUps.JudgeAsync(payment, approval);
        return !await deadline.CompletesAsync(judged) ? null : await judged switch
        {
            StepUpVerdict.Repeat repeat => new AnswerToGive(repeat.Body),
            StepUpVerdict.Second second => await AcceptAsync(payment, approval with { AfterStepUp = second.Call }, deadline, own),
            StepUpVerdict.Fail fail => Fail(payment.Id, fail.Reason),
            _ => null,
        };
    }

    /// <summary>Null: the payment had moved on, read it again.</summary>
    private async Task<AnswerToGive?> AcceptAsync(CallbackPayment payment, Approval approval, AnswerDeadline deadline, AnswerDeadline own)
    {
        if (answers.Find(payment.Id) is { } pending)
        {
            return await JoinHereAsync(pending, deadline);
        }

        if (!own.IsOpen)
        {
            // After a step-up that has ended, every call gets 94 (ENGINE 22).
            var reason = payment.State == PaymentState.StepUp ? DeclineReason.AuthenticationFailed : DeclineReason.TooLate;
            return await lateFails.EndUnsentAsync(payment, reason, deadline) switch
            {
                true => Fail(payment.Id, reason),
                false => null,
                null => await FailUnacceptedAsync(payment, deadline, reason),
            };
        }

        var mine = new PendingAnswer(payment.Id, Guid.CreateVersion7(time.GetUtcNow()), own);
        if (!answers.TryAdd(mine))
        {
            return await JoinAsync(payment, deadline);
        }

        runner.Start(payment, approval, mine);
        var answer = await FirstAnswerAsync(payment, mine);

        // One that is settled later stays until then: a repeat that comes before must not be accepted anew.
        if (answer?.OkOf is null && !mine.FailWentOut)
        {
            answers.Remove(mine);
        }

        return answer;
    }

    private async Task<AnswerToGive?> FirstAnswerAsync(CallbackPayment payment, PendingAnswer mine)
    {
        await mine.Deadline.CompletesAsync(mine.Settled);
        if (!mine.Accepted.IsCompleted)
        {
            // The accept's commit hangs. Nothing was sent, and nothing will be.
            return await FailUnacceptedAsync(payment, mine, DeclineReason.TooLate);
        }

        switch (await mine.Accepted)
        {
            case AcceptVerdict.MovedOn:
                return null;
            case AcceptVerdict.NotWritten:
                return await FailUnacceptedAsync(payment, mine, DeclineReason.InternalError);
            case AcceptVerdict.Lost:
                return await FailUnacceptedAsync(payment, mine, DeclineReason.TooLate);
            case AcceptVerdict.Taken:
                break;
        }

        var stored = mine.Decided.IsCompleted ? await mine.Decided : await lateFails.DecideAsync(mine);
        if (stored is null || (stored.Answer != Answer.Fail && (mine.FailWentOut || mine.Deadline.UntilLastOk == TimeSpan.Zero)))
        {
            // No word from the database, an answer that was confirmed too late to send (ENGINE 8), or one that was taken back before.
            return FailAndSettle(mine, DeclineReason.TooLate);
        }

        LogAnswered(new PspTransactionId(mine.PaymentId), stored.Answer);
        return new AnswerToGive(stored.Body, stored.Answer == Answer.Ok ? mine : null);
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
            case AcceptVerdict.NotWritten or AcceptVerdict.Lost when pending.FailWentOut:
                return Fail(pending.PaymentId, pending.FailReason);
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
                await deadline.CompletesForRepeatAsync(lateFails.TryWriteAsync(overdue.Id, current.Id));
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

        // A FAIL that was said without an accepted token has its bytes in no row: its reason gives them again (invariant I9).
        _ => Fail(payment.Id, LateRefusal.ReasonOf(payment.DeclineReason) ?? DeclineReason.TooLate),
    };

    private async Task<CallbackPayment?> ReadAsync(Guid paymentId, AnswerDeadline deadline)
    {
        var read = store.ReadAsync(paymentId);
        return await deadline.CompletesAsync(read) ? await read : null;
    }

    /// <summary>Nothing was accepted, and the database does not take its end: until it does, this process accepts no repeat anew.</summary>
    private Task<AnswerToGive> FailUnacceptedAsync(CallbackPayment payment, AnswerDeadline deadline, DeclineReason reason)
    {
        var mine = new PendingAnswer(payment.Id, Guid.CreateVersion7(time.GetUtcNow()), deadline);
        mine.Accept(AcceptVerdict.Lost);
        answers.TryAdd(mine);
        return FailUnacceptedAsync(payment, mine, reason);
    }

    private async Task<AnswerToGive> FailUnacceptedAsync(CallbackPayment payment, PendingAnswer mine, DeclineReason reason)
    {
        await late.SettleUnacceptedAsync(mine, payment.CallbackTokenHash, reason);
        return Fail(payment.Id, reason);
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
}
