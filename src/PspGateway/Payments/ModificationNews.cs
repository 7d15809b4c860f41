using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>What the acquirer tells of a capture, refund or cancel.</summary>
internal sealed class ModificationHeard
{
    public required OperationKind Kind { get; init; }

    /// <summary>Our name of it, or of the authorisation.</summary>
    public required string Reference { get; init; }

    public required string Account { get; init; }

    public required string AcquirerReference { get; init; }

    /// <summary>Null: it was done. Else why it was not, or is undone, in our words.</summary>
    public required string? Failure { get; init; }

    /// <summary>Null where the acquirer names no amount of its own.</summary>
    public required (long Minor, string Currency)? Amount { get; init; }
}

/// <summary>Applies what the acquirer notifies about captures, refunds and cancels, whatever came before and however often it comes.</summary>
internal sealed partial class ModificationNews(IModificationStore store, IAcquirer acquirer, ModificationWaits waits, QueueSignal signal, ILogger<ModificationNews> logger)
{
    public async Task<NewsVerdict> ApplyAsync(ModificationHeard heard, CancellationToken cancellationToken)
    {
        switch (await store.FindAsync(heard.Kind, heard.Reference, heard.AcquirerReference, cancellationToken))
        {
            case null:
                return NewsVerdict.Unknown;

            case { } found when found.AcquirerAccount != heard.Account:
                return NewsVerdict.Foreign;

            // Whoever asks the acquirer about it will know first (ENGINE 14).
            case { Leased: true } or { Status: OperationStatus.InFlight or OperationStatus.Pending }:
                return NewsVerdict.Busy;

            case { } found when heard.Failure is null && heard.Amount is { } amount && (amount.Minor != found.Amount.MinorUnits || amount.Currency != found.Amount.Currency.ToString()):
                await DifferAsync(found, "DoneForAnotherAmount", amount.Minor, cancellationToken);
                return NewsVerdict.Applied;

            case { Status: OperationStatus.Unknown } found:
                return await EndAsync(found, heard, cancellationToken);

            case { Status: OperationStatus.Succeeded } found when heard.Failure is { } why:
                return await TakeBackAsync(found, heard.Kind, why, cancellationToken);

            // That it was done, heard after that it was undone, is an old story. Otherwise money moved that we had given back.
            case { Status: OperationStatus.Failed } found when heard.Failure is null && !await store.WasUndoneAsync(heard.Reference, heard.Account, cancellationToken):
                await DifferAsync(found, "DoneAfterAll", found.Amount.MinorUnits, cancellationToken);
                return NewsVerdict.Applied;

            default:
                return NewsVerdict.Repeat;
        }
    }

    /// <summary>Done with one of our authorisations, and not by us: somebody has used the acquirer's own tool. Merchant and wallet know nothing of it.</summary>
    public async Task<NewsVerdict> OutsideAsync(ModificationHeard heard, CancellationToken cancellationToken)
    {
        switch (await store.FindPaymentAsync(heard.Reference, heard.Kind, cancellationToken))
        {
            case null:
                return NewsVerdict.Unknown;

            case { } payment when payment.AcquirerAccount != heard.Account:
                return NewsVerdict.Foreign;

            case { HasOpen: true }:
                return NewsVerdict.Busy;

            case { } payment:
                var minor = heard.Amount?.Minor ?? 0;
                if (await store.OpenDifferenceAsync(Pool.General, payment.PaymentId, $"DoneOutside {heard.Kind} {heard.AcquirerReference}", 0, minor, cancellationToken))
                {
                    LogOutside(new PspTransactionId(payment.PaymentId), heard.Kind, minor, heard.AcquirerReference);
                }

                return NewsVerdict.Applied;
        }
    }

    private async Task<NewsVerdict> EndAsync(FoundModification found, ModificationHeard heard, CancellationToken cancellationToken)
    {
        Failpoint.Here("modify-end.before-commit", found.PaymentId);
        if (!await store.FinishAsync(found.Id, null, heard.AcquirerReference, heard.Failure, acquirer.CapturesInParts, cancellationToken))
        {
            return NewsVerdict.Busy;
        }

        Failpoint.Here("modify-end.after-commit", found.PaymentId);
        if (heard.Failure is { } why)
        {
            LogFailed(new PspTransactionId(found.PaymentId), heard.Kind, found.Reference, why);
        }

        GatewayMeter.Modified(heard.Kind, heard.Failure is null ? ModificationResult.Done : ModificationResult.Failed);
        waits.Ended(found.Id);
        await store.GoOnAsync(found.PaymentId, found.Reference, cancellationToken);
        signal.Set();
        return NewsVerdict.Applied;
    }

    private async Task<NewsVerdict> TakeBackAsync(FoundModification found, OperationKind kind, string why, CancellationToken cancellationToken)
    {
        Failpoint.Here("take-back.before-commit", found.PaymentId);
        if (!await store.TakeBackAsync(found.Id, why, cancellationToken))
        {
            return NewsVerdict.Repeat;
        }

        Failpoint.Here("take-back.after-commit", found.PaymentId);
        LogTakenBack(new PspTransactionId(found.PaymentId), kind, found.Reference, found.Amount.MinorUnits, why);
        GatewayMeter.Modified(kind, ModificationResult.TakenBack);
        PaymentTrace.Mark("modification taken back", new PspTransactionId(found.PaymentId));
        return NewsVerdict.Applied;
    }

    private async Task DifferAsync(FoundModification found, string cause, long theirsMinor, CancellationToken cancellationToken)
    {
        if (await store.OpenDifferenceAsync(Pool.General, found.PaymentId, $"{cause} {found.Reference}", found.Amount.MinorUnits, theirsMinor, cancellationToken))
        {
            LogDiffers(new PspTransactionId(found.PaymentId), cause, found.Reference, found.Amount.MinorUnits, theirsMinor);
        }
    }

    [LoggerMessage(2911, LogLevel.Warning, "Payment {PspTransactionId}: {Kind} {Reference} failed at the acquirer, {Why}. Its amount is given back.")]
    private partial void LogFailed(PspTransactionId pspTransactionId, OperationKind kind, string reference, string why);

    [LoggerMessage(2912, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, {Kind} {Reference} of {AmountMinor} øre was done and is undone by the acquirer: {Why}. A difference is open.")]
    private partial void LogTakenBack(PspTransactionId pspTransactionId, OperationKind kind, string reference, long amountMinor, string why);

    [LoggerMessage(2914, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the acquirer tells of a {Kind} of {AmountMinor} øre, {AcquirerReference}, that did not come from here. A difference is open.")]
    private partial void LogOutside(PspTransactionId pspTransactionId, OperationKind kind, long amountMinor, string acquirerReference);

    [LoggerMessage(2913, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the acquirer's news of {Reference} contradict our books ({Cause}): ours {OursMinor} øre, theirs {TheirsMinor}. A difference is open.")]
    private partial void LogDiffers(PspTransactionId pspTransactionId, string cause, string reference, long oursMinor, long theirsMinor);
}
