using PspGateway.Domain.Operations;
using PspGateway.Payments;
using PspGateway.Storage.Queue;

namespace PspGateway.Tests.Simulation;

/// <summary>Forgets to erase sealed tokens.</summary>
internal sealed class ForgetfulStore(Func<long> now) : ModelStore(now)
{
    protected override void Erase(ModelOperation authorise)
    {
    }
}

/// <summary>Writes OK whatever was decided before.</summary>
internal sealed class OverwritingStore(Func<long> now) : ModelStore(now)
{
    public override StoredAnswer? Record(AuthoriseOutcome outcome)
    {
        if (outcome.Approved && Find(outcome.OperationId) is { } o)
        {
            o.Answer = null;
            o.Body = null;
            o.Payment.State = PspGateway.Domain.Payments.PaymentState.Authorising;
        }

        return base.Record(outcome);
    }
}

/// <summary>Finishes a reversal as soon as its first cancel was taken.</summary>
internal sealed class HastyStore(Func<long> now) : ModelStore(now)
{
    public override bool NextRung(ClaimedOperation reverse, TimeSpan offset) => Finish(reverse.Id, reverse.Generation, onlyUnfound: false);
}

/// <summary>Takes an authorise that was left behind for one that surely was not sent.</summary>
internal sealed class HopefulStore(Func<long> now) : ModelStore(now)
{
    public override bool Decide(Decision decision) => base.Decide(new Decision
    {
        OperationId = decision.OperationId,
        Generation = decision.Generation,
        While = decision.While,
        OnlyUndelivered = decision.OnlyUndelivered,
        NothingSent = decision.FailBody is not null,
        Move = decision.Move,
        Event = decision.Event,
        Reason = decision.Reason,
        FailBody = decision.FailBody,
    });
}

/// <summary>Accepts a token although another was accepted before.</summary>
internal sealed class AcceptingStore(Func<long> now) : ModelStore(now)
{
    public override bool Accept(AcceptedToken token, TimeSpan remaining)
    {
        if (Payments.TryGetValue(token.PaymentId, out var payment) && payment.State == PspGateway.Domain.Payments.PaymentState.Authorising)
        {
            payment.State = PspGateway.Domain.Payments.PaymentState.Initiated;
        }

        return base.Accept(token, remaining);
    }
}

/// <summary>Lets a merchant's cancel take no notice of what the acquirer is being asked.</summary>
internal sealed class CarelessStore(Func<long> now) : ModelStore(now)
{
    public override MerchantEnd EndByMerchant(Guid paymentId, byte[] failBody) =>
        Payments[paymentId].State is PspGateway.Domain.Payments.PaymentState.Authorising && Move(Payments[paymentId], PspGateway.Domain.Payments.PaymentMove.Terminate, except: null)
            ? new MerchantEnd.Ended()
            : base.EndByMerchant(paymentId, failBody);
}

/// <summary>Keeps the amount of a capture or refund that failed.</summary>
internal sealed class GreedyStore(Func<long> now) : ModelStore(now)
{
    protected override void Count(ModelPayment payment, OperationKind kind, long minor) => base.Count(payment, kind, Math.Max(minor, 0));
}

/// <summary>Counts nothing when an order is accepted.</summary>
internal sealed class CountlessStore(Func<long> now) : ModelStore(now)
{
    protected override void Count(ModelPayment payment, OperationKind kind, long minor)
    {
    }
}

/// <summary>Takes what the acquirer has received for done.</summary>
internal sealed class TrustingStore(Func<long> now) : ModelStore(now)
{
    public override bool LeaveOpen(ClaimedOperation operation, string? acquirerReference, bool nothingSent, TimeSpan offset) =>
        acquirerReference is not null ? FinishModification(operation.Id, operation.Generation, acquirerReference, why: null) : base.LeaveOpen(operation, acquirerReference, nothingSent, offset);
}
