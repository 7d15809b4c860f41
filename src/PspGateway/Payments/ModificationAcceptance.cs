using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage;

namespace PspGateway.Payments;

/// <summary>Whether a capture, refund or cancel was taken.</summary>
internal abstract record Acceptance
{
    private Acceptance()
    {
    }

    public sealed record Accepted(Operation Operation) : Acceptance;

    /// <param name="CaptureBefore">Until when it could be captured.</param>
    public sealed record Refused(ModificationRefusal Why, DateTimeOffset CaptureBefore) : Acceptance;
}

/// <summary>Takes a capture, refund or cancel of a payment whose row the caller's transaction holds: whoever asks for it, a merchant or our own clock.</summary>
internal sealed class ModificationAcceptance(IAcquirer acquirer, IOptions<AuthorisationLifeOptions> life)
{
    /// <param name="amount">Null for a cancel, which is of all that is left.</param>
    /// <param name="merchantKey">Null when no merchant asked for it.</param>
    public async Task<Acceptance> TryAsync(GatewayDbContext db, Payment payment, OperationKind kind, Money? amount, string? merchantKey, DateTimeOffset at)
    {
        // Read after the row was locked, so that whoever held it before is among them.
        var stored = await db.Operations.AsNoTracking()
            .Where(o => o.PaymentId == payment.Id && (o.Kind == OperationKind.Capture || o.Kind == OperationKind.Refund || o.Kind == OperationKind.Cancel || o.Id == payment.AuthoriseOperationId))
            .Select(o => new { o.Kind, o.Status, o.AmountMinor, o.FinishedAt })
            .ToListAsync();
        var captureBefore = stored.Find(o => o.Kind == OperationKind.Authorise)?.FinishedAt is { } authorisedAt ? life.Value.CaptureBefore(authorisedAt, payment.CardBin) : DateTimeOffset.MaxValue;
        stored.RemoveAll(o => o.Kind == OperationKind.Authorise);
        var open = stored.Where(o => !OperationMoves.IsDefinite(o.Status)).ToList();
        var earlier = new EarlierModifications(
            stored.Count,
            stored.Count(o => o.Kind == OperationKind.Capture && o.Status != OperationStatus.Failed),
            open.Where(o => o.Kind == OperationKind.Capture).Sum(o => o.AmountMinor),
            open.Where(o => o.Kind == OperationKind.Refund).Sum(o => o.AmountMinor));
        var asked = amount ?? new Money(payment.Balance.CapturableMinor, payment.Currency);
        var refusal = ModificationRules.Refuse(kind, asked.MinorUnits, payment.State, payment.Balance, earlier, acquirer.CapturesInParts);
        if (kind == OperationKind.Capture && payment.State == PaymentState.Authorised && at >= captureBefore)
        {
            refusal = ModificationRefusal.AuthorisationEnded;
        }

        if (refusal is { } why)
        {
            return new Acceptance.Refused(why, captureBefore);
        }

        var operation = Operation.Order(payment, kind, stored.Count(o => o.Kind == kind) + 1, asked, merchantKey, at);
        payment.Reserve(kind, asked);
        db.Operations.Add(operation);
        return new Acceptance.Accepted(operation);
    }
}
