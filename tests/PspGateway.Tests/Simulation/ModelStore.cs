using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Storage.Queue;
using PspGateway.Storage.Rows;

namespace PspGateway.Tests.Simulation;

/// <summary>
/// What the engine's statements do, said once more in plain code: each method is one statement and one commit. The integration tests run
/// the same calls against Postgres and hold the two against each other.
/// </summary>
#pragma warning disable CA1852 // Faulty stores derive from it, in the one of the two test projects that has them.
internal partial class ModelStore(Func<long> now)
#pragma warning restore CA1852
{
    public Dictionary<Guid, ModelPayment> Payments { get; } = [];

    public List<ModelOperation> Operations { get; } = [];

    /// <summary>Sealed tokens, by operation.</summary>
    public Dictionary<Guid, byte[]> Tokens { get; } = [];

    public List<ModelNotification> Notifications { get; } = [];

    /// <summary>Reports to the wallet: what, of which payment.</summary>
    public List<(ReportedEffect Effect, Guid PaymentId)> Reports { get; } = [];

    public ModelOperation? Find(Guid id) => Operations.Find(o => o.Id == id);

    public virtual CallbackPayment? Read(Guid paymentId)
    {
        if (!Payments.TryGetValue(paymentId, out var payment))
        {
            return null;
        }

        var authorise = payment.AuthoriseOperationId is { } id ? Find(id) : null;
        return new CallbackPayment
        {
            Id = payment.Id,
            MerchantSerialNumber = payment.MerchantSerialNumber,
            Amount = payment.Amount,
            State = payment.State,
            CallbackTokenHash = payment.TokenHash,
            AcquirerAccount = payment.Account,
            ReturnReference = "there",
            CapturedMinor = payment.CapturedMinor,
            CancelledMinor = payment.CancelledMinor,
            DeclineReason = payment.State == PaymentState.Declined && authorise?.Answer != Answer.Fail ? payment.Reason : null,
            Authorise = authorise is null ? null : new CallbackAuthorise(authorise.Id, authorise.Number, authorise.Answer, authorise.Body, authorise.DeliveredAt is { } at ? TimeSpan.FromTicks(now() - at) : null, authorise.AnswerDue <= now(), authorise.Status, authorise.Generation),
        };
    }

    public virtual bool Accept(AcceptedToken token, TimeSpan remaining)
    {
        if (!Payments.TryGetValue(token.PaymentId, out var payment) || !Move(payment, PaymentMove.Accept, except: null))
        {
            return false;
        }

        payment.AuthoriseOperationId = token.OperationId;
        Tokens[token.OperationId] = token.Sealed;
        Operations.Add(new ModelOperation
        {
            Id = token.OperationId,
            Payment = payment,
            Kind = OperationKind.Authorise,
            Reference = $"{payment.Id:N}-{token.Number}",
            Number = token.Number,
            Status = OperationStatus.InFlight,
            Tries = 1,
            Generation = 1,
            DueAt = now() + token.Lease.Ticks,
            LeaseUntil = now() + token.Lease.Ticks,
            AnswerDue = now() + remaining.Ticks,
        });
        return true;
    }

    public virtual StoredAnswer? Record(AuthoriseOutcome outcome)
    {
        var o = Find(outcome.OperationId);
        if (o is null || o.Generation != outcome.Generation || o.Status is not (OperationStatus.InFlight or OperationStatus.Unknown))
        {
            return null;
        }

        var payment = o.Payment;
        var undecided = o.Answer is null;
        var ok = outcome.Approved && outcome.MayAnswerOk && undecided && payment.State == PaymentState.Authorising && now() < o.AnswerDue;
        o.Status = outcome.Approved ? OperationStatus.Succeeded : OperationStatus.Failed;
        o.AcquirerReference = outcome.AcquirerReference;
        o.Answer ??= ok ? Answer.Ok : Answer.Fail;
        o.Body ??= ok ? outcome.OkBody : outcome.FailBody;
        o.Finished = true;
        o.DueAt = ok ? o.LeaseUntil : null;
        o.LeaseUntil = ok ? o.LeaseUntil : null;
        if (undecided && payment.State == PaymentState.Authorising)
        {
            Move(payment, ok ? PaymentMove.Approve : PaymentMove.Decline, except: null);
        }

        Erase(o);
        if (!ok && outcome.AcquirerReference is { } reference)
        {
            Reverse(o, reference);
        }

        return new StoredAnswer(o.Id, o.Answer.Value, o.Body);
    }

    public virtual bool Decide(Decision decision)
    {
        var o = Find(decision.OperationId);
        if (o is null || (decision.Generation is { } generation && o.Generation != generation) || o.Answer != decision.While || (decision.OnlyUndelivered && o.Delivered)
            || o.Payment.CapturedMinor != 0 || o.Payment.CancelledMinor != 0 || !Move(o.Payment, decision.Move, except: null))
        {
            return false;
        }

        var holds = o.Status != OperationStatus.Failed && !decision.NothingSent;
        if (decision.FailBody is { } body)
        {
            o.Answer = Answer.Fail;
            o.Body = body;
        }

        o.Finished |= decision.NothingSent;
        o.Status = decision.NothingSent ? OperationStatus.Failed : o.Status == OperationStatus.InFlight ? OperationStatus.Unknown : o.Status;
        o.DueAt = o.LeaseUntil = null;
        Erase(o);
        if (holds)
        {
            OpenReverse(o, o.AcquirerReference);
        }

        return true;
    }

    public virtual bool Move(Guid paymentId, PaymentMove move) => Payments.TryGetValue(paymentId, out var payment) && Move(payment, move, except: PaymentState.Authorising);

    /// <summary>The merchant's cancel, while it holds the payment's row.</summary>
    public virtual MerchantEnd EndByMerchant(Guid paymentId, byte[] failBody)
    {
        var payment = Payments[paymentId];
        return payment switch
        {
            { State: PaymentState.Authorising, AuthoriseOperationId: { } id } => Decide(new Decision { OperationId = id, Move = PaymentMove.Terminate, Event = PaymentEventName.Terminated, Reason = "CancelledByMerchant", FailBody = failBody })
                ? new MerchantEnd.Overruled(id)
                : new MerchantEnd.NotYet(),
            { State: PaymentState.Approved } => new MerchantEnd.NotYet(),
            _ => Move(payment, PaymentMove.Terminate, except: null) ? new MerchantEnd.Ended() : new MerchantEnd.Refused(),
        };
    }

    public virtual bool MarkDelivered(Guid operationId, long generation, bool report)
    {
        var o = Find(operationId);
        if (o is null || o.Generation != generation || o.Answer != Answer.Ok || o.Delivered || !Move(o.Payment, PaymentMove.Deliver, except: null))
        {
            return false;
        }

        o.DeliveredAt = now();
        o.DueAt = o.LeaseUntil = null;
        o.Payment.AuthorisedMinor = o.Payment.Amount.MinorUnits;
        if (report)
        {
            Reports.Add((ReportedEffect.Authorised, o.Payment.Id));
        }

        return true;
    }

    public virtual IReadOnlyList<Guid> Expire(int limit)
    {
        var due = Payments.Values.Where(p => p.ExpiresAt <= now() && p.State is PaymentState.Created or PaymentState.Initiated).OrderBy(p => p.ExpiresAt).Take(limit).ToList();
        due.ForEach(p => Move(p, PaymentMove.Expire, except: null));
        return [.. due.Select(p => p.Id)];
    }

    public virtual IReadOnlyList<ClaimedOperation> Claim(bool modifications, int limit, TimeSpan lease)
    {
        var due = Operations.Where(o => o.IsModification == modifications && o.DueAt <= now() && (o.LeaseUntil is null || o.LeaseUntil <= now()) && !(modifications && Waits(o))).OrderBy(o => o.DueAt).Take(limit).ToList();
        foreach (var o in due)
        {
            o.DueAt = o.LeaseUntil = now() + lease.Ticks;
            o.Generation++;
        }

        return [.. due.Select(o => new ClaimedOperation
        {
            Id = o.Id,
            PaymentId = o.Payment.Id,
            Kind = o.Kind,
            Status = o.Status,
            Answer = o.Answer,
            Reference = o.Reference,
            IdempotencyKey = o.IdempotencyKey,
            AcquirerReference = o.AcquirerReference,
            ReversesOperationId = o.Reverses?.Id,
            Tries = o.Tries,
            LadderBase = o.LadderBase,
            Generation = o.Generation,
            AcquirerAccount = o.Payment.Account,
            ReversedReference = o.Reverses?.Reference,
            ReversedStatus = o.Reverses?.Status,
            Amount = new Money(o.AmountMinor ?? o.Payment.Amount.MinorUnits, o.Payment.Amount.Currency),
        })];
    }

    protected bool Move(ModelPayment payment, PaymentMove move, PaymentState? except)
    {
        if (payment.State == except || PaymentMoves.Next(payment.State, move) is not { } next)
        {
            return false;
        }

        payment.State = next;
        return true;
    }

    protected virtual void Erase(ModelOperation authorise) => Tokens.Remove(authorise.Id);

    /// <summary>A reversal without the acquirer's reference learns it and begins anew; else one of that reference is opened.</summary>
    private void Reverse(ModelOperation authorise, string reference)
    {
        if (Operations.Find(r => r.Reverses == authorise && r.OpenReversal is "") is not { } open)
        {
            OpenReverse(authorise, reference);
            return;
        }

        open.AcquirerReference = reference;
        open.Tries++;
        open.LadderBase = open.Tries;
        open.DueAt = open.LadderStartedAt = now();
        open.ParkedWhy = null;
    }

    public void OpenReverse(ModelOperation authorise, string? reference)
    {
        if (Operations.Exists(r => r.Reverses == authorise && r.OpenReversal == (reference ?? "")))
        {
            return;
        }

        var number = Operations.Count(r => r.Payment == authorise.Payment && r.Kind == OperationKind.Reverse) + 1;
        Operations.Add(new ModelOperation
        {
            Id = Guid.CreateVersion7(),
            Payment = authorise.Payment,
            Kind = OperationKind.Reverse,
            Reference = $"{authorise.Payment.Id:N}-r{number}",
            Number = number,
            Status = OperationStatus.Pending,
            AcquirerReference = reference,
            Reverses = authorise,
            DueAt = now(),
            LadderStartedAt = now(),
        });
    }
}
