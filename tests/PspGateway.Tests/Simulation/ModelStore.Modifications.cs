using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Queue;
using PspGateway.Storage.Rows;

namespace PspGateway.Tests.Simulation;

/// <content>Captures, refunds and cancels.</content>
internal partial class ModelStore
{
    /// <summary>What was reported of which of them.</summary>
    public List<(ModelOperation Operation, ReportedEffect Effect, bool Success)> ModificationReports { get; } = [];

    /// <summary>What a person is called for, by payment and cause.</summary>
    public HashSet<(Guid PaymentId, string Cause)> Differences { get; } = [];

    /// <summary>Accepts one, while the payment's row is held; null: refused. The rules are the engine's own.</summary>
    public ModelOperation? Order(Guid paymentId, OperationKind kind, long? amountMinor)
    {
        var payment = Payments[paymentId];
        var earlier = Operations.Where(o => o.Payment == payment && o.IsModification).ToList();
        var open = earlier.Where(o => !OperationMoves.IsDefinite(o.Status)).ToList();
        var amount = amountMinor ?? payment.Balance.CapturableMinor;
        var known = new EarlierModifications(
            earlier.Count,
            earlier.Count(o => o.Kind == OperationKind.Capture && o.Status != OperationStatus.Failed),
            open.Where(o => o.Kind == OperationKind.Capture).Sum(o => o.AmountMinor ?? 0),
            open.Where(o => o.Kind == OperationKind.Refund).Sum(o => o.AmountMinor ?? 0));
        if (ModificationRules.Refuse(kind, amount, payment.State, payment.Balance, known, capturesInParts: true) is not null)
        {
            return null;
        }

        Count(payment, kind, amount);
        var number = earlier.Count(o => o.Kind == kind) + 1;
        var letter = kind switch { OperationKind.Capture => 'c', OperationKind.Cancel => 'x', _ => 'f' };
        var operation = new ModelOperation
        {
            Id = Guid.CreateVersion7(),
            Payment = payment,
            Kind = kind,
            Reference = $"{payment.Id:N}-{letter}{number}",
            Number = number,
            AmountMinor = amount,
            Status = OperationStatus.Pending,
            DueAt = now(),
        };
        Operations.Add(operation);
        return operation;
    }

    public virtual BegunModification? Begin(ClaimedOperation operation, TimeSpan lease)
    {
        if (Held(operation) is not { } o)
        {
            return null;
        }

        if (Waits(o))
        {
            o.LeaseUntil = null;
            o.DueAt = now() + TimeSpan.FromMilliseconds(200).Ticks;
            return null;
        }

        o.Status = OperationStatus.InFlight;
        o.LadderStartedAt = o.Tries++ == 0 ? now() : o.LadderStartedAt;
        o.DueAt = o.LeaseUntil = now() + lease.Ticks;
        var again = o.Sent;
        o.Sent = true;
        return new BegunModification(o.Tries, Find(o.Payment.AuthoriseOperationId ?? Guid.Empty)?.AcquirerReference ?? "", again, ProcessClock.Start, null, ProcessClock.Start);
    }

    public virtual bool LeaveOpen(ClaimedOperation operation, string? acquirerReference, bool nothingSent, TimeSpan offset)
    {
        if (Held(operation) is { } o)
        {
            o.Sent &= !nothingSent;
            o.Status = OperationStatus.Unknown;
            o.AcquirerReference = acquirerReference ?? o.AcquirerReference;
            o.LeaseUntil = null;
            o.DueAt = Math.Max(o.LadderStartedAt + offset.Ticks, now() + TimeSpan.FromMilliseconds(100).Ticks);
        }

        return GoOn(operation.PaymentId, operation.Reference);
    }

    public bool GoOn(Guid paymentId, string reference)
    {
        Notifications.Where(n => n.MerchantReference == reference && n.DueAt > now()).ToList().ForEach(n => n.DueAt = now());
        Operations.Where(o => o.Payment.Id == paymentId && o is { IsModification: true, Status: OperationStatus.Pending, LeaseUntil: null } && o.DueAt > now()).ToList().ForEach(o => o.DueAt = now());
        return true;
    }

    public virtual bool FinishModification(Guid id, long? generation, string? acquirerReference, string? why)
    {
        if (Find(id) is not { Finished: false } o || (generation is { } held ? o.Generation != held : o.Status != OperationStatus.Unknown || o.LeaseUntil > now()))
        {
            return false;
        }

        o.Status = why is null ? OperationStatus.Succeeded : OperationStatus.Failed;
        o.Finished = true;
        o.DueAt = o.LeaseUntil = null;
        o.AcquirerReference = acquirerReference ?? o.AcquirerReference;
        o.ParkedWhy = null;
        if (why is not null)
        {
            GiveBack(o, o.Kind == OperationKind.Capture ? o.Payment.Balance.RefundableMinor : long.MaxValue, why);
        }

        if (why is null || o.Kind != OperationKind.Cancel)
        {
            ModificationReports.Add((o, EffectOf(o.Kind), why is null));
        }

        return true;
    }

    public virtual bool TakeBack(Guid id, string why)
    {
        if (Find(id) is not { Status: OperationStatus.Succeeded } o || ModificationReports.Contains((o, EffectOf(o.Kind), false)))
        {
            return false;
        }

        ModificationReports.Add((o, EffectOf(o.Kind), false));
        GiveBack(o, o.Kind switch { OperationKind.Capture => o.Payment.Balance.RefundableMinor, OperationKind.Cancel => o.Payment.CancelledMinor, _ => o.Payment.RefundedMinor }, why);
        Differences.Add((o.Payment.Id, $"{why} {o.Reference}"));
        return true;
    }

    public FoundModification? FindModification(OperationKind kind, string reference, string acquirerReference)
    {
        var found = Operations.Find(o => o.Kind == kind && o.Reference == reference)
            ?? Operations.Find(o => o.Kind == kind && o.AcquirerReference == acquirerReference && Operations.Exists(a => a.Payment == o.Payment && a.Kind == OperationKind.Authorise && a.Reference == reference));
        return found is { } o
            ? new FoundModification(o.Id, o.Payment.Id, o.Status, new Money(o.AmountMinor ?? 0, o.Payment.Amount.Currency), o.Reference, o.Payment.Account, o.LeaseUntil > now())
            : null;
    }

    public NamedPayment? FindPayment(string reference, OperationKind kind) => Operations.Find(o => o.Kind == OperationKind.Authorise && o.Reference == reference) is { Payment: var payment }
        ? new NamedPayment(payment.Id, payment.Account, Operations.Exists(o => o.Payment == payment && o.Kind == kind && o is { Finished: false, AcquirerReference: null }))
        : null;

    public bool WasUndone(string reference, string account) =>
        Notifications.Exists(n => n.MerchantReference == reference && n.Account == account && n.Kind is NotificationKind.CaptureUndone or NotificationKind.RefundUndone);

    /// <summary>Another of its payment has an open call, or was accepted before it and has had none.</summary>
    private bool Waits(ModelOperation o) => Operations.Exists(e => e != o && e.Payment == o.Payment && e.IsModification
        && (e.Status == OperationStatus.InFlight || (e.Status == OperationStatus.Pending && Operations.IndexOf(e) < Operations.IndexOf(o))));

    private void GiveBack(ModelOperation o, long most, string why)
    {
        var amount = o.AmountMinor ?? 0;
        Count(o.Payment, o.Kind, -Math.Min(amount, most));
        if (most < amount)
        {
            Differences.Add((o.Payment.Id, $"{why} {o.Reference}"));
        }
    }

    protected virtual void Count(ModelPayment payment, OperationKind kind, long minor)
    {
        payment.CapturedMinor += kind == OperationKind.Capture ? minor : 0;
        payment.CancelledMinor += kind == OperationKind.Cancel ? minor : 0;
        payment.RefundedMinor += kind == OperationKind.Refund ? minor : 0;
    }

    private static ReportedEffect EffectOf(OperationKind kind) => kind switch { OperationKind.Capture => ReportedEffect.Captured, OperationKind.Cancel => ReportedEffect.Cancelled, _ => ReportedEffect.Refunded };
}
