using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Tests.Simulation;

internal enum AcquirerPlan
{
    Approve,
    Decline,
    SoftDecline,
    ApproveAnotherAmount,
    ApproveInPart,
}

/// <summary>Money held, or not any more.</summary>
internal sealed class Hold
{
    public required Guid PaymentId { get; init; }

    public required string PspReference { get; init; }

    public required string Reference { get; init; }

    public required Money Amount { get; init; }

    public required long Since { get; init; }

    public long? Until { get; set; }

    public long CapturedMinor { get; set; }

    public long RefundedMinor { get; set; }

    public long ReleasedMinor { get; set; }

    /// <summary>A capture or a refund of it was done, and undone.</summary>
    public bool WasUndone { get; set; }

    public long LeftMinor => Amount.MinorUnits - CapturedMinor - ReleasedMinor;

    public bool IsLive => Until is null;
}

/// <summary>An acquirer with a book, idempotent by key, slow at times; its notifications come late, twice and in any order.</summary>
internal sealed partial class ModelAcquirer(Scheduler scheduler, Func<Guid, AcquirerPlan> plan, Action<ModelNotification> notify, double slow)
{
    private readonly Dictionary<string, AuthorisationOutcome?> _authorised = [];
    private readonly HashSet<string> _cancelled = [];
    private int _references;

    public List<Hold> Holds { get; } = [];

    /// <summary>Keys that an authorise came under, by payment.</summary>
    public Dictionary<Guid, HashSet<string>> Keys { get; } = [];

    /// <summary>Told of every new hold, when the book has it.</summary>
    public Action<Hold>? OnHold { get; set; }

    /// <summary>The request has arrived. Null to the answer: one under this key is being worked on.</summary>
    public void Authorise(AuthorisationRequest request, Action<AuthorisationOutcome?> answer)
    {
        var payment = Guid.ParseExact(request.Reference[..32], "N");
        if (!Keys.TryGetValue(payment, out var keys))
        {
            Keys[payment] = keys = [];
        }

        keys.Add(request.IdempotencyKey);
        if (_authorised.TryGetValue(request.IdempotencyKey, out var known))
        {
            answer(known);
            return;
        }

        _authorised[request.IdempotencyKey] = null;
        scheduler.After(scheduler.Chance(slow) ? scheduler.Between(0.5, 30) : scheduler.Between(0.02, 0.3), () =>
        {
            var outcome = Decide(request, payment);
            _authorised[request.IdempotencyKey] = outcome;
            answer(outcome);
        });
    }

    public CancelOutcome Cancel(CancelRequest request)
    {
        if (!_cancelled.Add(request.IdempotencyKey))
        {
            return new CancelOutcome.Received();
        }

        var hold = Holds.Find(h => h.IsLive && (request.AcquirerReference is null ? h.Reference == request.OriginalReference : h.PspReference == request.AcquirerReference));
        if (request.AcquirerReference is { } of && hold is null && Holds.Exists(h => h.PspReference == of) && scheduler.Chance(0.3))
        {
            return new CancelOutcome.Refused("already cancelled");
        }

        var amount = hold?.Amount ?? new Money(0, Currency.NOK);
        if (hold is not null)
        {
            hold.Until = scheduler.Now;
            scheduler.Tell($"acquirer cancelled hold {Holds.IndexOf(hold)}");
        }

        Notify(new ModelNotification
        {
            Kind = request.AcquirerReference is null ? NotificationKind.CancelByReference : NotificationKind.Cancellation,
            PspReference = NewReference(),
            MerchantReference = request.Reference,
            OriginalReference = request.AcquirerReference ?? hold?.PspReference,
            Success = hold is not null,
            Amount = amount,
        });
        return new CancelOutcome.Received();
    }

    private AuthorisationOutcome Decide(AuthorisationRequest request, Guid payment)
    {
        var how = plan(payment);
        var reference = NewReference();
        var held = how switch
        {
            AcquirerPlan.Approve => request.Amount,
            AcquirerPlan.ApproveAnotherAmount => new Money(request.Amount.MinorUnits + 100, request.Amount.Currency),
            AcquirerPlan.ApproveInPart => new Money(request.Amount.MinorUnits / 2, request.Amount.Currency),
            _ => (Money?)null,
        };
        scheduler.Tell($"acquirer: {how}");
        if (held is { } amount)
        {
            var hold = new Hold { PaymentId = payment, PspReference = reference, Reference = request.Reference, Amount = amount, Since = scheduler.Now };
            Holds.Add(hold);
            OnHold?.Invoke(hold);
        }

        if (scheduler.Chance(0.4))
        {
            // Some are never told of: the ladder must find them.
            return Answer(how, reference);
        }

        Notify(new ModelNotification
        {
            Kind = NotificationKind.Authorisation,
            PspReference = reference,
            MerchantReference = request.Reference,
            Success = held is not null,
            Amount = held ?? request.Amount,
        });
        return Answer(how, reference);
    }

    private static AuthorisationOutcome Answer(AcquirerPlan how, string reference) => how switch
    {
        AcquirerPlan.Approve => new AuthorisationOutcome.Approved(reference),
        AcquirerPlan.ApproveAnotherAmount => new AuthorisationOutcome.Unknown("another amount", reference),
        AcquirerPlan.ApproveInPart => new AuthorisationOutcome.Declined(DeclineReason.InsufficientFunds, reference),
        AcquirerPlan.SoftDecline => new AuthorisationOutcome.SoftDeclined(null),
        _ => new AuthorisationOutcome.Declined(DeclineReason.RefusedByIssuer),
    };

    private void Notify(ModelNotification notification)
    {
        for (var times = (1 + scheduler.Below(3)); times > 0; times--)
        {
            scheduler.After(scheduler.Chance(0.3) ? scheduler.Between(1, 40) : scheduler.Between(0.01, 1), () => notify(notification));
        }
    }

    private string NewReference() => $"PSP{++_references:000}";
}

/// <summary>One replica's line to the acquirer: refused, lost on its way there, lost on its way back, or fine.</summary>
internal sealed class SimulatedAcquirer(ModelAcquirer acquirer, Scheduler scheduler, SimulatedProcess process, double refused, double lost) : IAcquirer
{
    public bool ReceivedIsFinal => false;

    public string DefaultAccount => "TheAccount";

    public bool CapturesInParts => true;

    public Task<ModificationOutcome> ModifyAsync(OperationKind kind, ModificationRequest request, CancellationToken cancellationToken)
    {
        if (scheduler.Chance(refused))
        {
            var reply = new TaskCompletionSource<ModificationOutcome>();
            scheduler.After(scheduler.Between(0.001, 2), () => reply.TrySetResult(new ModificationOutcome.NotSent("refused")));
            return reply.Task;
        }

        // A refusal of what went out before says nothing about the first.
        ModificationOutcome Heard(ModificationOutcome outcome) => outcome is ModificationOutcome.Refused && request.Again ? new ModificationOutcome.Unknown("refused") : outcome;
        return SendAsync(() => Heard(acquirer.Modify(kind, request)), why => new ModificationOutcome.Unknown(why), cancellationToken);
    }

    public Task<AuthorisationOutcome> AuthoriseAsync(AuthorisationRequest request, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<AuthorisationOutcome>();
        if (scheduler.Chance(refused))
        {
            scheduler.After(scheduler.Between(0.001, 2), () => reply.TrySetResult(new AuthorisationOutcome.NotSent("refused")));
            return reply.Task;
        }

        cancellationToken.Register(() => reply.TrySetResult(new AuthorisationOutcome.Unknown("timed out")));
        scheduler.Tell($"{process.Name} sends an authorise");
        if (!scheduler.Chance(lost))
        {
            var answers = !scheduler.Chance(lost);
            scheduler.After(scheduler.Chance(0.05) ? scheduler.Between(0.1, 12) : scheduler.Between(0.005, 0.05), () => acquirer.Authorise(request, outcome =>
            {
                if (answers)
                {
                    scheduler.After(scheduler.Between(0.005, 0.05), () => reply.TrySetResult(outcome ?? new AuthorisationOutcome.Unknown("in progress")));
                }
            }));
        }

        return reply.Task;
    }

    public Task<CancelOutcome> CancelAsync(CancelRequest request, CancellationToken cancellationToken) => SendAsync(() => acquirer.Cancel(request), why => new CancelOutcome.Unknown(why), cancellationToken);

    private Task<T> SendAsync<T>(Func<T> send, Func<string, T> unknown, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<T>();
        cancellationToken.Register(() => reply.TrySetResult(unknown("timed out")));
        if (!scheduler.Chance(lost + refused))
        {
            var answers = !scheduler.Chance(lost);
            scheduler.After(scheduler.Between(0.005, 0.05), () =>
            {
                var outcome = send();
                if (answers)
                {
                    scheduler.After(scheduler.Between(0.005, 0.05), () => reply.TrySetResult(outcome));
                }
            });
        }
        else
        {
            scheduler.After(scheduler.Between(0.01, 3), () => reply.TrySetResult(unknown("lost")));
        }

        return reply.Task;
    }
}
