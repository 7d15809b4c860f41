using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using PspGateway.Domain.Payments;
using PspGateway.Merchants.Wire;
using PspGateway.Storage;

namespace PspGateway.Merchants;

/// <summary>GET of a payment and of its history, in ePayment's words.</summary>
internal static class ReadPayment
{
    public static async Task<IResult> PaymentAsync(string reference, HttpContext context, IDbContextFactory<GatewayDbContext> contexts)
    {
        await using var db = await contexts.CreateDbContextAsync(context.RequestAborted);
        return await FindAsync(db, reference, context) is { } payment ? TypedResults.Json(ToAnswer(payment), MerchantJson.Default.PaymentAnswer) : MerchantProblems.NotFound();
    }

    public static async Task<IResult> EventsAsync(string reference, HttpContext context, IDbContextFactory<GatewayDbContext> contexts)
    {
        await using var db = await contexts.CreateDbContextAsync(context.RequestAborted);
        if (await FindAsync(db, reference, context) is not { } payment)
        {
            return MerchantProblems.NotFound();
        }

        var events = await db.PaymentEvents.AsNoTracking().Where(e => e.PaymentId == payment.Id).OrderBy(e => e.At).ThenBy(e => e.Id).Take(1000).ToListAsync(context.RequestAborted);
        IReadOnlyList<EventBody> bodies = [.. events.Where(e => NameOf(e.Name) is not null).Select(e => ToBody(e, payment))];
        return TypedResults.Json(bodies, MerchantJson.Default.IReadOnlyListEventBody);
    }

    private static Task<Payment?> FindAsync(GatewayDbContext db, string reference, HttpContext context)
    {
        var merchant = MerchantFilter.Of(context).MerchantSerialNumber;
        return MerchantOrderId.TryParse(reference, out var id)
            ? db.Payments.AsNoTracking().SingleOrDefaultAsync(p => p.MerchantSerialNumber == merchant && p.Reference == id.Value, context.RequestAborted)
            : Task.FromResult<Payment?>(null);
    }

    private static PaymentAnswer ToAnswer(Payment payment) => new()
    {
        Aggregate = AggregateOf(payment),
        Amount = Amount(payment, payment.AmountMinor),
        State = StateOf(payment.State),
        PaymentMethod = new PaymentMethodBody { Type = "WALLET", CardBin = payment.CardBin },
        Profile = new ProfileBody(),
        PspReference = payment.PspTransactionId.ToString(),
        RedirectUrl = payment.UserFlow == UserFlow.PushMessage ? null : payment.RedirectUrl,
        Reference = payment.Reference,
        Metadata = payment.MetadataJson is { } json ? JsonDocument.Parse(json).RootElement.Clone() : null,
    };

    public static AggregateBody AggregateOf(Payment payment) => new()
    {
        AuthorizedAmount = Amount(payment, payment.AuthorisedMinor),
        CancelledAmount = Amount(payment, payment.CancelledMinor),
        CapturedAmount = Amount(payment, payment.CapturedMinor),
        RefundedAmount = Amount(payment, payment.RefundedMinor),
    };

    /// <summary>The merchant sees CREATED until OK is delivered (ENGINE 9), and no state that its API does not know.</summary>
    public static string StateOf(PaymentState state) => state switch
    {
        PaymentState.Created or PaymentState.Initiated or PaymentState.Authorising or PaymentState.StepUp or PaymentState.Approved => "CREATED",
        PaymentState.Authorised => "AUTHORIZED",
        PaymentState.Declined or PaymentState.Aborted => "ABORTED",
        PaymentState.Expired => "EXPIRED",
        PaymentState.Terminated or PaymentState.Withdrawn => "TERMINATED",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No ePayment state for this."),
    };

    public static string? NameOf(PaymentEventName name) => name switch
    {
        PaymentEventName.Created => "CREATED",
        PaymentEventName.Authorised => "AUTHORIZED",
        PaymentEventName.Declined or PaymentEventName.Overruled or PaymentEventName.Aborted => "ABORTED",
        PaymentEventName.Expired => "EXPIRED",
        PaymentEventName.Terminated or PaymentEventName.Withdrawn => "TERMINATED",
        PaymentEventName.Captured => "CAPTURED",
        PaymentEventName.Cancelled => "CANCELLED",
        PaymentEventName.Refunded => "REFUNDED",
        _ => null,
    };

    public static EventBody ToBody(PaymentEvent line, Payment payment) => new()
    {
        Reference = payment.Reference,
        PspReference = payment.PspTransactionId.ToString(),
        Name = NameOf(line.Name) ?? throw new InvalidOperationException($"{line.Name} is not public."),
        Amount = Amount(payment, line.AmountMinor),
        Timestamp = line.At,
        IdempotencyKey = line.IdempotencyKey,

        Success = Succeeded(line),
        FailureReason = line.Name is PaymentEventName.Created or PaymentEventName.Authorised ? null : line.Reason,
    };

    /// <summary>That a payment was aborted is no failure of the event; a capture that failed is.</summary>
    public static bool Succeeded(PaymentEvent line) => line.Success || line.Name == PaymentEventName.Declined;

    public static AmountBody Amount(Payment payment, long minor) => new() { Currency = payment.Currency.ToString(), Value = minor };
}
