using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Tests.Simulation;

/// <summary>A capture, refund or cancel in the acquirer's book.</summary>
internal sealed class BookedModification
{
    public required OperationKind Kind { get; init; }

    public required Hold? Hold { get; init; }

    public required long Minor { get; init; }

    public required ModificationOutcome Answer { get; init; }

    public required bool Done { get; init; }

    public bool Undone { get; set; }
}

/// <content>What is done to a hold: "received" first, by notification whether it was done; some are undone days later.</content>
internal sealed partial class ModelAcquirer
{
    /// <summary>By key.</summary>
    public Dictionary<string, BookedModification> Modifications { get; } = [];

    /// <summary>Told of a request for more than there is, where nothing was undone.</summary>
    public Action<string>? OnTooMuch { get; set; }

    public ModificationOutcome Modify(OperationKind kind, ModificationRequest request)
    {
        if (Modifications.TryGetValue(request.IdempotencyKey, out var known))
        {
            return known.Answer;
        }

        var hold = Holds.Find(h => h.PspReference == request.AcquirerReference);
        var possible = hold is { IsLive: true } && kind switch
        {
            OperationKind.Capture => request.Amount.MinorUnits <= hold.LeftMinor,
            OperationKind.Refund => request.Amount.MinorUnits <= hold.CapturedMinor - hold.RefundedMinor,
            _ => hold.LeftMinor > 0,
        };
        if (!possible && hold is not { WasUndone: true })
        {
            OnTooMuch?.Invoke($"{kind} of {request.Amount.MinorUnits}");
        }

        var refused = !possible || scheduler.Chance(0.05) ? scheduler.Chance(0.5) : (bool?)null;
        var booked = new BookedModification
        {
            Kind = kind,
            Hold = hold,
            Minor = kind == OperationKind.Cancel ? hold?.LeftMinor ?? 0 : request.Amount.MinorUnits,
            Answer = refused == true ? new ModificationOutcome.Refused("no") : new ModificationOutcome.Received(NewReference()),
            Done = refused is null,
        };
        Modifications[request.IdempotencyKey] = booked;
        scheduler.Tell($"acquirer: {kind} of {booked.Minor}, done {booked.Done}");
        if (booked.Done)
        {
            Book(booked, booked.Minor);
        }

        if (booked.Answer is ModificationOutcome.Received received)
        {
            var name = kind switch { OperationKind.Capture => NotificationKind.Capture, OperationKind.Refund => NotificationKind.Refund, _ => NotificationKind.Cancellation };
            Notify(OfModification(name, received.AcquirerReference, request, booked.Done));
            if (booked.Done && kind != OperationKind.Cancel && scheduler.Chance(0.08))
            {
                scheduler.After(scheduler.Between(1, 40), () => Undo(booked, received.AcquirerReference, request));
            }
        }

        return booked.Answer;
    }

    private void Undo(BookedModification booked, string reference, ModificationRequest request)
    {
        if (booked.Kind == OperationKind.Capture && booked.Hold!.CapturedMinor - booked.Hold.RefundedMinor < booked.Minor)
        {
            return;
        }

        booked.Undone = booked.Hold!.WasUndone = true;
        Book(booked, -booked.Minor);
        scheduler.Tell($"acquirer: {booked.Kind} of {booked.Minor} is undone");
        Notify(OfModification(booked.Kind == OperationKind.Capture ? NotificationKind.CaptureUndone : NotificationKind.RefundUndone, reference, request, success: true));
    }

    private static void Book(BookedModification booked, long minor)
    {
        booked.Hold!.CapturedMinor += booked.Kind == OperationKind.Capture ? minor : 0;
        booked.Hold.RefundedMinor += booked.Kind == OperationKind.Refund ? minor : 0;
        booked.Hold.ReleasedMinor += booked.Kind == OperationKind.Cancel ? minor : 0;
    }

    private static ModelNotification OfModification(NotificationKind kind, string reference, ModificationRequest request, bool success) => new()
    {
        Kind = kind,
        PspReference = reference,
        MerchantReference = request.Reference,
        OriginalReference = request.AcquirerReference,
        Success = success,
        Amount = request.Amount,
    };
}
