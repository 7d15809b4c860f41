using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;
using PspGateway.Vipps;

namespace PspGateway.Tests.Simulation;

/// <summary>What a run came to.</summary>
internal sealed record RunResult(int Seed, string StoryHash, IReadOnlyList<string> Breaches, int Approved, int Reversed, int Doubtful, int Modified, int Kills, int Steps, string Story);

/// <summary>
/// One run of a seed: a few payments, two replicas, a store, an acquirer and Vipps, with kills, stops, a database that goes away, lost and
/// late messages. At the end the books of the other side are held against what Vipps was told (INVARIANTS of docs/invariants.md).
/// </summary>
internal sealed partial class SimulatedRun
{
    private const long Price = 49900;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(480);
    private static readonly TimeSpan ReversedWithin = TimeSpan.FromSeconds(120);
    private readonly int _seed;
    private readonly Scheduler _scheduler;
    private readonly ModelStore _model;
    private readonly ModelAcquirer _acquirer;
    private readonly ModelVipps _vipps;
    private readonly List<VippsView> _views = [];
    private readonly Replica?[] _replicas = new Replica?[2];
    private readonly DatabaseTrouble _trouble;
    private readonly SharedFiles _kept = new();
    private readonly List<string> _breaches = [];
    private readonly Dictionary<Guid, AcquirerPlan> _plans = [];
    private readonly bool _forgets;
    private readonly bool _calm;
    private readonly double _refused;
    private readonly double _lost;
    private readonly int[] _lives = new int[2];
    private int _kills;
    private TimeSpan _quietFrom;

    private SimulatedRun(int seed, Func<Func<long>, ModelStore>? store, bool forgets)
    {
        (_seed, _forgets) = (seed, forgets);
        _scheduler = new Scheduler(seed);
        _model = store?.Invoke(() => _scheduler.Now) ?? new ModelStore(() => _scheduler.Now);
        var calm = _calm = _scheduler.Chance(0.2);
        _trouble = new DatabaseTrouble
        {
            LockNotAvailable = calm ? 0 : 0.02,
            LostBefore = calm ? 0 : 0.02,
            LostAfter = calm ? 0 : 0.02,
            Hangs = calm ? 0 : 0.02,
            Down = calm || _scheduler.Chance(0.6) ? null : Window(_scheduler.Between(0, 15), _scheduler.Between(0.2, 25)),
        };
        (_refused, _lost) = calm ? (0, 0) : (0.05, 0.08);
        _acquirer = new ModelAcquirer(_scheduler, id => _plans[id], Deliver, slow: calm ? 0.1 : 0.35)
        {
            OnHold = hold =>
            {
                if (_acquirer!.Holds.Count(h => h.IsLive && h.PaymentId == hold.PaymentId) > 1)
                {
                    Breach("I1: two live authorisations");
                }
            },
        };
        _vipps = new ModelVipps(_scheduler, AnyReplica, brokenLines: calm ? 0 : 0.15, Breach, OkLeaves);
        for (var slot = 0; slot < _replicas.Length; slot++)
        {
            StartReplica(slot);
        }

        // What was answered while the database was away is in the files alone then.
        if (_trouble.Down is { } away && _scheduler.Chance(0.4))
        {
            _scheduler.After(_scheduler.Between(away.From.TotalSeconds, away.To.TotalSeconds), () => Kill(_scheduler.Below(2)));
        }

        for (var i = 1 + _scheduler.Below(3); i > 0; i--)
        {
            AddPayment(i);
        }

        _acquirer.OnTooMuch = what => Breach($"I4: asked for more than there is, {what}");
    }

    /// <param name="store">Another store than the true one, to see that its fault is found.</param>
    /// <param name="forgets">Whether the files of a process go with it.</param>
    public static RunResult Of(int seed, Func<Func<long>, ModelStore>? store = null, bool forgets = false)
    {
        var run = new SimulatedRun(seed, store, forgets);
        run._scheduler.Run(Length);
        run.CheckTheBooks();
        return new RunResult(
            seed,
            run._scheduler.StoryHash(),
            run._breaches,
            run._views.Count(v => v.Verdict == VippsVerdict.Ok),
            run._acquirer.Holds.Count(h => !h.IsLive),
            run._model.Payments.Values.Count(p => p.State == PaymentState.Withdrawn),
            run._model.Operations.Count(o => o.IsModification && o.Finished),
            run._kills,
            run._scheduler.Steps,
            run._scheduler.Story());
    }

    private void AddPayment(int number)
    {
        var view = new VippsView(new Guid(_seed, (short)number, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, (byte)number]), $"token-{_seed}-{number}");
        _views.Add(view);
        _plans[view.Payment] = _scheduler.Below(10) switch { 0 => AcquirerPlan.Decline, 1 => AcquirerPlan.SoftDecline, 2 => AcquirerPlan.ApproveAnotherAmount, 3 => AcquirerPlan.ApproveInPart, _ => AcquirerPlan.Approve };
        _model.Payments[view.Payment] = new ModelPayment { Id = view.Payment, Amount = Money.Nok(Price), TokenHash = MakePaymentTokens.Hash(view.Token) };
        var at = _scheduler.Between(0, 3);
        _scheduler.After(at, () => _vipps.Approve(view));
        for (var echoes = _scheduler.Below(3); echoes > 0; echoes--)
        {
            _scheduler.After(at + _scheduler.Between(0.001, 14), () => _vipps.Post(view, "ACCEPTED", again: 0));
        }

        if (_trouble.Down is { } away && _scheduler.Chance(0.5))
        {
            // What was answered while the database was away must hold when it is back.
            _scheduler.After(away.To + _scheduler.Between(0.001, 3), () => _vipps.Post(view, "ACCEPTED", again: 0));
        }

        if (_scheduler.Chance(0.15))
        {
            _scheduler.After(at + _scheduler.Between(0, 14), () => _vipps.End(view, _scheduler.Chance(0.5) ? "USER_CANCEL" : "TIMEOUT"));
        }

        if (_scheduler.Chance(0.15))
        {
            _scheduler.After(at + _scheduler.Between(-1, _scheduler.Chance(0.5) ? 2 : 14), () => CancelByMerchant(view));
        }

        OrderLater(view, at);
    }

    private void CancelByMerchant(VippsView view)
    {
        view.MerchantCancels = true;
        AnyReplica()?.Cancel(view.Payment, ended =>
        {
            view.MerchantEnded |= ended;
            _scheduler.Tell($"{view.Token}: the merchant cancels, {(ended ? "it has ended" : "in vain")}");
        });
    }

    private Replica? AnyReplica()
    {
        var slot = _scheduler.Below(2);
        return _replicas[slot] ?? _replicas[1 - slot];
    }

    /// <summary>Sent until somebody has stored it.</summary>
    private void Deliver(ModelNotification notification)
    {
        if (AnyReplica() is { Process.Stopped: false } replica)
        {
            var acknowledged = false;
            replica.Receive(notification, stored => acknowledged = stored);
            _scheduler.After(TimeSpan.FromSeconds(10), () =>
            {
                if (!acknowledged)
                {
                    Deliver(notification);
                }
            });
        }
        else
        {
            _scheduler.After(_scheduler.Between(1, 5), () => Deliver(notification));
        }
    }

    /// <summary>An OK is on its way out: what it says must be true now, and committed.</summary>
    private void OkLeaves(VippsView view)
    {
        // Once Vipps has ended it, or a replica has said FAIL, that one may have undone it already.
        var payment = _model.Payments[view.Payment];
        if (view.Verdict == VippsVerdict.Ended || view.FailAt is not null || (view.FailLeft && payment.State == PaymentState.Withdrawn))
        {
            return;
        }

        var held = _acquirer.Holds.SingleOrDefault(h => h.IsLive && h.PaymentId == view.Payment);
        if (held?.Amount != payment.Amount)
        {
            Breach("I3: an OK left without a live authorisation of its amount");
        }

        if (payment.State is not (PaymentState.Approved or PaymentState.Authorised))
        {
            Breach($"I3: an OK left while the store says {payment.State}");
        }
    }

    private void CheckTheBooks()
    {
        foreach (var view in _views)
        {
            var payment = _model.Payments[view.Payment];
            var live = _acquirer.Holds.Where(h => h.IsLive && h.PaymentId == view.Payment).ToList();
            var cancelled = _model.Reports.Count(r => r == (ReportedEffect.Cancelled, view.Payment));
            if (view.Verdict == VippsVerdict.Ok && live.Count == 0 && !(payment.State == PaymentState.Withdrawn && cancelled == 1))
            {
                Breach($"I2: Vipps has OK, nothing is held, and it was not told ({payment.State}, {cancelled} reports)");
            }

            // What the merchant has acted on already is for a person (ENGINE 10), and one was called.
            if (view.Verdict != VippsVerdict.Ok && live.Count > 0 && !IsBeforeAPerson(payment) && !view.OkWasLost)
            {
                Breach($"I2: money is held that Vipps has no OK for ({view.Verdict}, {payment.State})");
            }

            // Later than that the call itself may have been given up (after 9 s), and what was asked then be on its way for long.
            if (_calm && _quietFrom == TimeSpan.Zero && !view.MerchantCancels && view.Verdict == VippsVerdict.Fail && _plans[view.Payment] == AcquirerPlan.Approve
                && _acquirer.Holds.Exists(h => h.PaymentId == view.Payment && h.Since < view.PostedAt + TimeSpan.FromSeconds(8.5).Ticks))
            {
                Breach("a sale was lost: approved in time, no trouble, and FAIL was answered");
            }

            if (payment.State is PaymentState.Authorising or PaymentState.Approved)
            {
                Breach($"I6: undecided at the end ({payment.State})");
            }

            if (view.MerchantEnded && (payment.State != PaymentState.Terminated || view.OkLeft || live.Count > 0))
            {
                Breach($"I6: the merchant was told that it is cancelled, and it is {payment.State}, OK left {view.OkLeft}, {live.Count} held");
            }

            if (_acquirer.Keys.GetValueOrDefault(view.Payment)?.Count > 1)
            {
                Breach("I1: a cryptogram went out under a second key");
            }

            if (_model.Reports.Count(r => r == (ReportedEffect.Authorised, view.Payment)) > 1 || cancelled > 1)
            {
                Breach("I5: reported twice");
            }
        }

        foreach (var hold in _acquirer.Holds.Where(h => h.Until is not null))
        {
            var recoverable = TimeSpan.FromTicks(Math.Max(hold.Since, _quietFrom.Ticks));
            if (TimeSpan.FromTicks(hold.Until!.Value) > recoverable + ReversedWithin)
            {
                Breach("I2: reversed later than 120 s after it could be");
            }
        }

        CheckTheModifications();
        if (_model.Tokens.Count > 0)
        {
            Breach("I8: a sealed token was left");
        }

        if (_model.Operations.Exists(o => !o.Finished && o.Kind == OperationKind.Reverse && (o.ParkedWhy is null || o.DueAt is not null)))
        {
            Breach("I6: a reversal is still open at the end, and no person has it");
        }
    }

    private void QuietFrom(TimeSpan at) => _quietFrom = at > _quietFrom ? at : _quietFrom;

    private void Breach(string what)
    {
        _breaches.Add($"seed {_seed}: {what}");
        _scheduler.Tell($"BREACH {what}");
    }
}
