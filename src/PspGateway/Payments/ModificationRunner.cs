using Microsoft.Extensions.Options;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>
/// Takes captures, refunds and cancels to the acquirer, each under its one key (ENGINE 17). What was received is told by notification; what
/// has no answer is sent again under the same key, and keeps its amount until there is proof.
/// </summary>
internal sealed partial class ModificationRunner(
    IModificationStore store, IAcquirer acquirer, ModificationWaits waits, QueueSignal signal, IOptions<OperationOptions> operations, IOptions<AuthorisationLifeOptions> life, TimeProvider time, ILogger<ModificationRunner> logger)
{
    /// <summary>After the last try its proof is given a little time, before a person is called.</summary>
    private static readonly TimeSpan LastProofWithin = TimeSpan.FromMinutes(1);

    public async Task StepAsync(ClaimedOperation operation, CancellationToken cancellationToken)
    {
        var rungs = operations.Value.Rungs;
        if (operation.AcquirerReference is not null)
        {
            await ParkAsync(operation, "NoConfirmation", cancellationToken);
            return;
        }

        if (operation.Tries >= rungs.Count)
        {
            await ParkAsync(operation, "NoAnswer", cancellationToken);
            return;
        }

        if (await store.BeginAsync(operation, operations.Value.Lease, cancellationToken) is not { } begun)
        {
            return;
        }

        // Accepted in time, and nothing of it has arrived: captured this late it would meet an authorisation that has ended.
        if (operation.Kind == OperationKind.Capture && !begun.Again && begun.AuthorisedAt is { } authorisedAt && begun.Now >= life.Value.SendBefore(authorisedAt, begun.CardBin))
        {
            LogTooLate(operation.PspTransactionId, operation.Reference);
            await FinishAsync(operation, null, "AuthorisationEnded", cancellationToken);
            signal.Set();
            return;
        }

        var outcome = await CallAsync(operation, begun);
        LogOutcome(operation.PspTransactionId, operation.Kind, operation.Amount.MinorUnits, outcome.GetType().Name, begun.Tries);
        switch (outcome)
        {
            case ModificationOutcome.Received received when acquirer.ReceivedIsFinal:
                await FinishAsync(operation, received.AcquirerReference, why: null, cancellationToken);
                break;

            case ModificationOutcome.Received received:
                await LeaveOpenAsync(operation, received.AcquirerReference, nothingSent: false, rungs[^1] + LastProofWithin, cancellationToken);
                break;

            case ModificationOutcome.Refused refused:
                LogRefused(operation.PspTransactionId, operation.Kind, refused.Why);
                await FinishAsync(operation, null, "RefusedByAcquirer", cancellationToken);
                break;

            case ModificationOutcome.Unknown or ModificationOutcome.NotSent:
                var next = begun.Tries < rungs.Count ? rungs[begun.Tries] : rungs[^1] + LastProofWithin;
                await LeaveOpenAsync(operation, null, nothingSent: outcome is ModificationOutcome.NotSent && !begun.Again, next, cancellationToken);
                break;

            default:
                throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}.");
        }

        signal.Set();
    }

    private async Task<ModificationOutcome> CallAsync(ClaimedOperation operation, BegunModification begun)
    {
        using var timeout = new CancellationTokenSource(operations.Value.Lease / 3, time);
        return await acquirer.ModifyAsync(
            operation.Kind,
            new ModificationRequest
            {
                IdempotencyKey = operation.IdempotencyKey,
                Reference = operation.Reference,
                Account = operation.AcquirerAccount,
                AcquirerReference = begun.AcquirerReference,
                Amount = operation.Amount,
                Again = begun.Again,
            },
            timeout.Token);
    }

    private async Task LeaveOpenAsync(ClaimedOperation operation, string? acquirerReference, bool nothingSent, TimeSpan offset, CancellationToken cancellationToken)
    {
        Failpoint.Here("modify-open.before-commit", operation.PaymentId);
        await store.LeaveOpenAsync(operation, acquirerReference, nothingSent, offset, cancellationToken);
        Failpoint.Here("modify-open.after-commit", operation.PaymentId);
    }

    private async Task FinishAsync(ClaimedOperation operation, string? acquirerReference, string? why, CancellationToken cancellationToken)
    {
        if (await store.FinishAsync(operation.Id, operation.Generation, acquirerReference, why, acquirer.CapturesInParts, cancellationToken))
        {
            GatewayMeter.Modified(operation.Kind, why is null ? ModificationResult.Done : ModificationResult.Failed);
            waits.Ended(operation.Id);
        }

        await store.GoOnAsync(operation.PaymentId, operation.Reference, cancellationToken);
    }

    private async Task ParkAsync(ClaimedOperation operation, string why, CancellationToken cancellationToken)
    {
        if (await store.ParkAsync(operation, why, cancellationToken))
        {
            LogParked(operation.PspTransactionId, operation.Kind, operation.Reference, why);
            GatewayMeter.Modified(operation.Kind, ModificationResult.Parked);
            PaymentTrace.Mark("modification parked", operation.PspTransactionId);
        }
    }

    [LoggerMessage(2901, LogLevel.Information, "Payment {PspTransactionId}: {Kind} of {AmountMinor} øre: {Outcome} at try {Tries}.")]
    private partial void LogOutcome(PspTransactionId pspTransactionId, OperationKind kind, long amountMinor, string outcome, int tries);

    [LoggerMessage(2902, LogLevel.Warning, "Payment {PspTransactionId}: the acquirer refuses a {Kind}: {Why}. Its amount is given back.")]
    private partial void LogRefused(PspTransactionId pspTransactionId, OperationKind kind, string why);

    [LoggerMessage(2904, LogLevel.Warning, "Payment {PspTransactionId}: capture {Reference} was accepted in time and could not be sent before the end of its authorisation. It has failed, and its amount is given back.")]
    private partial void LogTooLate(PspTransactionId pspTransactionId, string reference);

    [LoggerMessage(2903, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, nobody knows whether {Kind} {Reference} was done, it is parked: {Why}.")]
    private partial void LogParked(PspTransactionId pspTransactionId, OperationKind kind, string reference, string why);
}
