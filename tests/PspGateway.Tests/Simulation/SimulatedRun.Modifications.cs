using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Tests.Simulation;

/// <content>Merchants capture, refund and cancel what was paid for; afterwards the two books agree to the øre.</content>
internal sealed partial class SimulatedRun
{
    /// <summary>A few orders at any time after the approval: too early, too much, several at once, as they come.</summary>
    private void OrderLater(VippsView view, TimeSpan approvedAt)
    {
        for (var orders = _scheduler.Below(7); orders > 0; orders--)
        {
            var kind = _scheduler.Below(8) switch { 0 => OperationKind.Cancel, 1 or 2 or 3 => OperationKind.Refund, _ => OperationKind.Capture };
            long? amount = kind == OperationKind.Cancel ? null : _scheduler.Chance(0.2) ? Price : 1 + _scheduler.Below(20_000);
            _scheduler.After(approvedAt + _scheduler.Between(1, 60), () => AnyReplica()?.Order(view.Payment, kind, amount));
        }
    }

    private void CheckTheModifications()
    {
        foreach (var o in _model.Operations.Where(o => o.IsModification))
        {
            var booked = _acquirer.Modifications.GetValueOrDefault(o.IdempotencyKey);
            if (!o.Finished && o.ParkedWhy is not "NoAnswer")
            {
                Breach($"I6: {o.Kind} {o.Reference} is left, {o.Status} {o.ParkedWhy}");
            }

            // That it was undone may be heard before that it was done.
            if (o.Finished && (o.Status == OperationStatus.Succeeded) != (booked?.Done == true) && booked?.Undone != true)
            {
                Breach($"I4: {o.Kind} {o.Reference} is {o.Status} by our book, done {booked?.Done} by the acquirer's");
            }

            var (success, failure) = (Told(o, true), Told(o, false));
            var (owedSuccess, owedFailure) = o.Status switch
            {
                OperationStatus.Succeeded => (1, booked?.Undone == true ? 1 : 0),
                OperationStatus.Failed when o.Kind != OperationKind.Cancel => (0, 1),
                _ => (0, 0),
            };
            if ((success, failure) != (owedSuccess, owedFailure))
            {
                Breach($"I5: {o.Kind} {o.Reference}, {o.Status}, was reported {success} times as done and {failure} times as failed");
            }
        }

        foreach (var payment in _model.Payments.Values.Where(p => p.State == PaymentState.Authorised))
        {
            if (_acquirer.Holds.Find(h => h.PaymentId == payment.Id && h.PspReference == _model.Find(payment.AuthoriseOperationId ?? Guid.Empty)?.AcquirerReference) is not { } held)
            {
                Breach("I3: authorised, and the acquirer has never held what our books name");
                continue;
            }

            if (!payment.Balance.Holds || held.LeftMinor < 0 || held.RefundedMinor > held.CapturedMinor)
            {
                Breach($"I4: more than there is, {payment.Balance}");
            }

            // Where nobody knows, or a person was called, the two may differ: an undone capture comes back into what a cancel lets go of at the acquirer.
            var ours = (payment.CapturedMinor, payment.RefundedMinor, payment.CancelledMinor);
            if (ours != (held.CapturedMinor, held.RefundedMinor, held.ReleasedMinor) && !PersonIsCalled(payment))
            {
                Breach($"I4: ours says captured, refunded and cancelled {ours}, the acquirer's {(held.CapturedMinor, held.RefundedMinor, held.ReleasedMinor)}");
            }
        }
    }

    private bool PersonIsCalled(ModelPayment payment) =>
        _model.Operations.Exists(o => o.Payment == payment && o.ParkedWhy is not null)
        || (_model.Differences.Any(d => d.PaymentId == payment.Id) && _model.Operations.Exists(o => o.Payment == payment && o.Kind is OperationKind.Cancel or OperationKind.Refund));

    /// <summary>
    /// The merchant had a capture or cancel under way already (ENGINE 10), or a FAIL that another machine told had no time of its own: the engine
    /// reverses no more, and calls a person.
    /// </summary>
    private bool IsBeforeAPerson(ModelPayment payment) => 
        _model.Differences.Contains((payment.Id, "NotTakenByWallet")) || (_model.Differences.Contains((payment.Id, "FailedAfterOk")) && _kept.ReadElsewhere.Contains(payment.Id));

    private (TimeSpan From, TimeSpan To) Window(TimeSpan from, TimeSpan length)
    {
        QuietFrom(from + length);
        return (from, from + length);
    }

    private int Told(ModelOperation o, bool success) => _model.ModificationReports.Count(r => r.Operation == o && r.Success == success);
}
