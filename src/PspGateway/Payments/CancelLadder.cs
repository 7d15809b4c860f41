using Microsoft.Extensions.Options;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>
/// Undoes an authorisation whose outcome is unknown or unwanted (ENGINE 13). Each rung is a cancel of its own key, by the acquirer's
/// reference or by ours; rungs go on until there is proof, since a cancel can overtake the authorisation it is meant for.
/// </summary>
internal sealed partial class CancelLadder(IPaymentStore store, IAcquirer acquirer, QueueSignal signal, IOptions<OperationOptions> operations, TimeProvider time, ILogger<CancelLadder> logger)
{
    private static readonly TimeSpan SendAgainAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastProofWithin = TimeSpan.FromMinutes(1);

    /// <summary>The acquirer's word that it received a cancel is taken for its end (Acquirer:Adyen:ConfirmModifications).</summary>
    public bool EndsOnReceived => acquirer.ReceivedIsFinal;

    public async Task StepAsync(ClaimedOperation reverse, CancellationToken cancellationToken)
    {
        var rungs = operations.Value.Rungs;
        if (reverse is { ReversedStatus: OperationStatus.Failed, AcquirerReference: null })
        {
            await EndAsync(reverse.Id, reverse.Generation, reverse.PspTransactionId, "NothingWasHeld", cancellationToken);
            return;
        }

        if (reverse is { ReversedStatus: OperationStatus.Succeeded, AcquirerReference: null })
        {
            // The outcome came meanwhile, and with it a reversal by the acquirer's own reference.
            await EndAsync(reverse.Id, reverse.Generation, reverse.PspTransactionId, "ReversedByReference", cancellationToken);
            return;
        }

        if (reverse.Rung >= rungs.Count)
        {
            await ParkAsync(reverse.Id, reverse.AcquirerReference, reverse.Generation, reverse.PspTransactionId, "LadderEndedWithoutProof", cancellationToken);
            return;
        }

        using var timeout = new CancellationTokenSource(operations.Value.Lease / 3, time);
        var outcome = await acquirer.CancelAsync(
            new CancelRequest
            {
                IdempotencyKey = $"{reverse.IdempotencyKey}-{reverse.Tries}",
                Reference = reverse.Reference,
                Account = reverse.AcquirerAccount,
                AcquirerReference = reverse.AcquirerReference,
                OriginalReference = reverse.ReversedReference ?? throw new InvalidOperationException($"Reverse {reverse.Id:N} undoes nothing."),
            },
            timeout.Token);
        Failpoint.Here("rung.before-commit", reverse.PaymentId);
        await RecordAsync(reverse, outcome, rungs, cancellationToken);
        Failpoint.Here("rung.after-commit", reverse.PaymentId);
    }

    /// <summary>Proof has come that nothing is held any more. False: it was over.</summary>
    public Task<bool> EndAsync(Guid reverseId, long? generation, PspTransactionId id, string why, CancellationToken cancellationToken) =>
        EndAsync(reverseId, generation, onlyUnfound: false, id, why, cancellationToken);

    /// <summary>The last cancel by our reference found nothing. False: it was over, or the acquirer's reference is known by now, so that this proves nothing.</summary>
    public Task<bool> EndUnfoundAsync(Guid reverseId, PspTransactionId id, CancellationToken cancellationToken) =>
        EndAsync(reverseId, null, onlyUnfound: true, id, "NothingToCancel", cancellationToken);

    public async Task ParkAsync(Guid reverseId, string? knownAs, long? generation, PspTransactionId id, string why, CancellationToken cancellationToken)
    {
        if (await store.ParkReversalAsync(reverseId, knownAs, generation, why, cancellationToken))
        {
            LogParked(id, why);
            GatewayMeter.ReversalParked();
            PaymentTrace.Mark("reversal parked", id);
        }
    }

    private async Task<bool> EndAsync(Guid reverseId, long? generation, bool onlyUnfound, PspTransactionId id, string why, CancellationToken cancellationToken)
    {
        Failpoint.Here("reversal-end.before-commit", id.Value);
        if (!await store.FinishReversalAsync(reverseId, generation, onlyUnfound, why, cancellationToken))
        {
            return false;
        }

        Failpoint.Here("reversal-end.after-commit", id.Value);
        LogReversed(id, why);
        GatewayMeter.ReversalEnded();
        PaymentTrace.Mark("reversed", id);
        signal.Set();
        return true;
    }

    private async Task RecordAsync(ClaimedOperation reverse, CancelOutcome outcome, IReadOnlyList<TimeSpan> rungs, CancellationToken cancellationToken)
    {
        LogRung(reverse.PspTransactionId, reverse.Rung, outcome.GetType().Name);
        switch (outcome)
        {
            case CancelOutcome.Received when reverse.AcquirerReference is not null && EndsOnReceived:
                await EndAsync(reverse.Id, reverse.Generation, reverse.PspTransactionId, "ReceivedIsFinal", cancellationToken);
                break;

            case CancelOutcome.Received:
            case CancelOutcome.Refused when reverse.AcquirerReference is null:
                await store.NextRungAsync(reverse, OffsetOf(reverse.Rung + 1, rungs), cancellationToken);
                break;

            // A cancel that is refused on a live approval will be refused again: a person must look at once.
            case CancelOutcome.Refused refused:
                await ParkAsync(reverse.Id, reverse.AcquirerReference, reverse.Generation, reverse.PspTransactionId, $"CancelRefused: {refused.Why}", cancellationToken);
                break;

            case CancelOutcome.Unknown:
                await store.SameRungAsync(reverse, SendAgainAfter, OffsetOf(reverse.Rung + 1, rungs), cancellationToken);
                break;

            default:
                throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}.");
        }
    }

    /// <summary>After the last rung its proof is given a little time, before a person is called.</summary>
    private static TimeSpan OffsetOf(int rung, IReadOnlyList<TimeSpan> rungs) => rung < rungs.Count ? rungs[rung] : rungs[^1] + LastProofWithin;

    [LoggerMessage(2601, LogLevel.Information, "Payment {PspTransactionId}: cancel ladder, rung {Rung}: {Outcome}.")]
    private partial void LogRung(PspTransactionId pspTransactionId, int rung, string outcome);

    [LoggerMessage(2602, LogLevel.Information, "Payment {PspTransactionId}: the reversal is done, {Why}.")]
    private partial void LogReversed(PspTransactionId pspTransactionId, string why);

    [LoggerMessage(2603, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the reversal is parked, a person must decide: {Why}.")]
    private partial void LogParked(PspTransactionId pspTransactionId, string why);
}
