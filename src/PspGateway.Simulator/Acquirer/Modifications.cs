using System.Text.Json;
using Microsoft.Extensions.Options;

namespace PspGateway.Simulator.Acquirer;

/// <summary>
/// Captures, refunds and the three ways to undo. All are "received" at once; the effect comes later, with a notification.
/// </summary>
internal sealed class Modifications(AcquirerBook book, Notifier notifier, Timeline timeline, FailurePlan failures, IOptions<SimulatorOptions> options)
{
    public Task<Answer> CaptureAsync(string pspReference, JsonElement sent) => Task.FromResult(
        WithAmount("CAPTURE", pspReference, sent, (authorisation, amount) => authorisation.Capture(amount, options.Value.MultiplePartialCaptures)));

    public Task<Answer> RefundAsync(string pspReference, JsonElement sent) =>
        Task.FromResult(WithAmount("REFUND", pspReference, sent, static (authorisation, amount) => authorisation.Refund(amount)));

    public Task<Answer> CancelAsync(string pspReference, JsonElement sent) => Task.FromResult(Whole(pspReference, sent,
        static authorisation => ("CANCELLATION", null, authorisation.Cancel("CANCELLATION"))));

    public Task<Answer> ReverseAsync(string pspReference, JsonElement sent) =>
        Task.FromResult(Whole(pspReference, sent, static authorisation =>
        {
            var (action, refusal) = authorisation.Reverse();
            return ("CANCEL_OR_REFUND", action, refusal);
        }));

    /// <summary>Undoes a capture or refund that took effect, and tells.</summary>
    /// <returns>False when there is none of that name, or none of that kind.</returns>
    public bool Undo(string reference, string eventCode)
    {
        var undone = book.All.Select(authorisation => (authorisation, done: authorisation.Undo(reference, eventCode))).FirstOrDefault(pair => pair.done is not null);
        if (undone.done is not { } done)
        {
            return false;
        }

        var request = undone.authorisation.Request;
        notifier.Send(new Notification(eventCode, true, done.PspReference, undone.authorisation.PspReference, request.MerchantAccount,
            reference, done.Amount, request.Currency, request.Reference)
        {
            PaymentMethod = request.Brand,
        });
        return true;
    }

    /// <summary>Looks for the authorisation when it takes effect. One that comes later is not touched: a cancel can overtake it.</summary>
    public Task<Answer> CancelByReferenceAsync(JsonElement sent)
    {
        if (PaymentShape.FirstModificationFault(sent, hasAmount: false, byReference: true) is { } fault)
        {
            return Task.FromResult(AcquirerErrors.Invalid(fault));
        }

        var account = sent.Text("merchantAccount")!;
        var paymentReference = sent.Text("paymentReference")!;
        var reference = sent.Text("reference");
        var pspReference = AcquirerBook.NewPspReference();
        timeline.After(options.Value.NotificationDelay, () =>
        {
            // All of them, and success as soon as one is undone: two with one reference are two that must go.
            var found = book.FindByReference(account, paymentReference);
            var refusals = found.Select(authorisation => authorisation.TechnicalCancel()).ToList();
            var undone = refusals.IndexOf(null);
            var named = found.Count == 0 ? null : found[Math.Max(0, undone)];
            notifier.Send(new Notification("TECHNICAL_CANCEL", undone >= 0, pspReference, named?.PspReference,
                account, reference ?? paymentReference,
                named?.Request.Amount ?? 0, named?.Request.Currency ?? "NOK", paymentReference)
            {
                PaymentMethod = named?.Request.Brand,
                Reason = undone >= 0 ? "" : refusals.FirstOrDefault() ?? "Original payment not found",
            });
        });
        return Task.FromResult(Answer.Json(StatusCodes.Status201Created, new
        {
            merchantAccount = account,
            paymentReference,
            reference,
            pspReference,
            status = "received",
        }));
    }

    private Answer WithAmount(string eventCode, string pspReference, JsonElement sent, Func<Authorisation, long, string?> apply)
    {
        if (Refusal(pspReference, sent, hasAmount: true, out var authorisation) is { } refusal)
        {
            return refusal;
        }

        var amount = sent.GetProperty("amount").GetProperty("value").GetInt64();
        return sent.GetProperty("amount").Text("currency") != authorisation!.Request.Currency
            ? AcquirerErrors.Invalid("Field 'amount.currency' is not valid")
            : Receive(authorisation, sent, amount, it => (eventCode, null, apply(it, amount)));
    }

    private Answer Whole(string pspReference, JsonElement sent,
        Func<Authorisation, (string EventCode, string? Action, string? Refusal)> apply) =>
        Refusal(pspReference, sent, hasAmount: false, out var authorisation) ?? Receive(authorisation!, sent, null, apply);

    private Answer? Refusal(string pspReference, JsonElement sent, bool hasAmount, out Authorisation? authorisation)
    {
        authorisation = book.Find(pspReference);
        return PaymentShape.FirstModificationFault(sent, hasAmount, byReference: false) is { } fault ? AcquirerErrors.Invalid(fault)
            : authorisation is null ? AcquirerErrors.UnknownPayment
            : authorisation.Request.MerchantAccount != sent.Text("merchantAccount") ? AcquirerErrors.ForeignAccount
            : null;
    }

    private Answer Receive(
        Authorisation authorisation, JsonElement sent, long? amount,
        Func<Authorisation, (string EventCode, string? Action, string? Refusal)> apply)
    {
        var request = authorisation.Request;
        var reference = sent.Text("reference");
        var pspReference = AcquirerBook.NewPspReference();
        timeline.After(options.Value.NotificationDelay, () =>
        {
            var (eventCode, action, refusal) = failures.Take(sent.Text("reference")) is { } planned ? (planned.EventCode, null, planned.Why) : apply(authorisation);
            if (refusal is null && reference is not null)
            {
                authorisation.Remember(reference, new DoneModification(eventCode, pspReference, amount ?? 0));
            }

            notifier.Send(new Notification(eventCode, refusal is null, pspReference, authorisation.PspReference, request.MerchantAccount,
                reference ?? request.Reference, amount ?? request.Amount, request.Currency, request.Reference)
            {
                PaymentMethod = request.Brand,
                Reason = refusal ?? "",
                ModificationAction = action,
            });
        });
        return Answer.Json(StatusCodes.Status201Created, new
        {
            merchantAccount = request.MerchantAccount,
            paymentPspReference = authorisation.PspReference,
            reference,
            pspReference,
            status = "received",
            amount = amount is null ? null : new { currency = request.Currency, value = amount },
        });
    }
}
