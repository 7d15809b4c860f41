using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Queue;
using PspGateway.Storage.Rows;

namespace PspGateway.Tests.Simulation;

/// <content>Reversals between their rungs and at their end, and what notifications are matched by.</content>
internal partial class ModelStore
{
    public virtual bool NextRung(ClaimedOperation reverse, TimeSpan offset)
    {
        if (Held(reverse) is not { ParkedWhy: null } o)
        {
            return false;
        }

        o.Status = OperationStatus.Unknown;
        o.Tries = reverse.Tries + 1;
        o.LeaseUntil = null;
        o.DueAt = o.AcquirerReference != reverse.AcquirerReference ? now() : Math.Max(o.LadderStartedAt + offset.Ticks, now() + TimeSpan.FromMilliseconds(100).Ticks);
        return true;
    }

    public virtual bool SameRung(ClaimedOperation reverse, TimeSpan delay, TimeSpan next)
    {
        if (Held(reverse) is not { ParkedWhy: null } o)
        {
            return false;
        }

        o.Status = OperationStatus.Unknown;
        o.LeaseUntil = null;
        o.DueAt = now() + delay.Ticks;
        o.Tries += o.DueAt >= o.LadderStartedAt + next.Ticks ? 1 : 0;
        return true;
    }

    public virtual bool Park(Guid id, long? generation, string why)
    {
        if (Open(id, generation) is not { ParkedWhy: null } o)
        {
            return false;
        }

        o.Status = OperationStatus.Unknown;
        o.LeaseUntil = o.DueAt = null;
        o.ParkedWhy = why;
        return true;
    }

    public virtual bool ParkReversal(Guid id, string? knownAs, long? generation, string why) => Find(id)?.AcquirerReference == knownAs && Park(id, generation, why);

    public virtual bool Finish(Guid id, long? generation, bool onlyUnfound)
    {
        if (Open(id, generation) is not { Reverses: { } authorise } o || (onlyUnfound && o.AcquirerReference is not null))
        {
            return false;
        }

        var payment = o.Payment;
        if (payment.State == PaymentState.Withdrawn && authorise.Answer == Answer.Ok && o.AcquirerReference is { } reference && reference == authorise.AcquirerReference)
        {
            payment.CancelledMinor = payment.AuthorisedMinor;
            Reports.Add((ReportedEffect.Cancelled, payment.Id));
        }

        o.Status = OperationStatus.Succeeded;
        o.Finished = true;
        o.DueAt = o.LeaseUntil = null;
        o.ParkedWhy = null;
        return true;
    }

    public virtual bool OpenReversal(Guid authoriseId, string acquirerReference)
    {
        if (Find(authoriseId) is not { } authorise)
        {
            return false;
        }

        if (!HasReversal(authorise, acquirerReference))
        {
            OpenReverse(authorise, acquirerReference);
        }

        return HasReversal(authorise, acquirerReference);
    }

    public virtual FoundOperation? FindAuthorise(string reference) => Operations.Find(o => o.Kind == OperationKind.Authorise && o.Reference == reference) is { } o ? Found(o, o.AnswerDue, 0) : null;

    public virtual FoundOperation? FindReverse(string reference, string? acquirerReference) => Operations
        .Where(o => o.Kind == OperationKind.Reverse && (o.Reference == reference || o.Reverses?.Reference == reference))
        .OrderByDescending(o => o.Reference == reference).ThenByDescending(o => o.AcquirerReference == acquirerReference).ThenBy(o => o.Finished).ThenBy(o => o.Id)
        .Select(o => Found(o, o.Reverses?.AnswerDue, o.Tries - o.LadderBase))
        .FirstOrDefault();

    public virtual NotifiedAuthorisation? Notified(string reference, string account) => Notifications
        .Where(n => n.Kind == NotificationKind.Authorisation && n.MerchantReference == reference && n.Account == account)
        .OrderByDescending(n => n.Success).ThenBy(n => n.ReceivedAt)
        .Select(n => new NotifiedAuthorisation(n.Success, n.PspReference, n.Amount.MinorUnits, n.Amount.Currency.ToString()))
        .FirstOrDefault();

    public virtual bool CancelledBefore(Guid reverseId) => Find(reverseId) is { Reverses: { } authorise } o
        && Notifications.Exists(n => n.Success && (n.Kind == NotificationKind.CancelByReference || (n.Kind == NotificationKind.Cancellation && n.OriginalReference is not null && n.OriginalReference == o.AcquirerReference))
            && n.Account == o.Payment.Account && (n.MerchantReference == o.Reference || n.MerchantReference == authorise.Reference));

    /// <summary>False: it was stored before.</summary>
    public bool Store(ModelNotification notification)
    {
        if (Notifications.Exists(n => n.PspReference == notification.PspReference && n.Kind == notification.Kind && n.Success == notification.Success))
        {
            return false;
        }

        notification.ReceivedAt = now();
        notification.DueAt = now();
        Notifications.Add(notification);
        return true;
    }

    public IReadOnlyList<ModelNotification> ClaimNotifications()
    {
        var due = Notifications.Where(n => n.DueAt <= now()).OrderBy(n => n.DueAt).ToList();
        foreach (var n in due)
        {
            n.Tries++;
            n.DueAt = now() + TimeSpan.FromSeconds(Math.Min(n.Tries, 300)).Ticks;
        }

        return due;
    }

    private bool HasReversal(ModelOperation authorise, string reference) => Operations.Exists(r => r.Reverses == authorise && r.AcquirerReference == reference);

    /// <summary>Still held under the generation that was claimed, and not finished.</summary>
    protected virtual ModelOperation? Held(ClaimedOperation claimed) => Open(claimed.Id, claimed.Generation);

    private ModelOperation? Open(Guid id, long? generation) => Find(id) is { Finished: false } o && (generation is null || o.Generation == generation) ? o : null;

    private FoundOperation Found(ModelOperation o, long? lastSendBefore, int rung) => new(
        o.Id,
        o.Payment.Id,
        o.Status,
        o.Answer,
        o.AcquirerReference,
        o.Generation,
        o.LeaseUntil > now(),
        o.Finished,
        lastSendBefore is { } ticks ? ProcessClock.Start + TimeSpan.FromTicks(ticks) : null,
        rung,
        o.Payment.Account,
        o.AmountMinor ?? o.Payment.Amount.MinorUnits);
}
