using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.StepUps;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>
/// Works off the queue: captures, refunds and cancels, rungs of reversals that are due, and whatever a process left behind when its lease ended. Any replica may do it;
/// the lease alone says who does.
/// </summary>
internal sealed partial class OperationWorker(IPaymentStore store, CancelLadder ladder, ModificationRunner modifications, AuthenticationRunner authentications, QueueSignal signal, IWallet wallet, IOptions<OperationOptions> options, ILogger<OperationWorker> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<Guid, int> _failures = new();

    // Each kind has its own slots: a shop's ten thousand captures must not keep a customer's money held.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(WorkAsync(modifications: false, stoppingToken), WorkAsync(modifications: true, stoppingToken));

    private async Task WorkAsync(bool modifications, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await DrainAsync(modifications, stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogPassFailed(exception);
            }

            // Jitter only: replicas that poll together would fight for the same rows.
            var jitter = System.Security.Cryptography.RandomNumberGenerator.GetInt32(80, 121) / 100.0;
            await signal.WaitAsync(modifications, options.Value.Poll * jitter, stoppingToken);
        }
    }

    public async Task<int> DrainAsync(bool ofModifications, CancellationToken cancellationToken)
    {
        var total = 0;
        IReadOnlyList<ClaimedOperation> claimed;
        do
        {
            // No more than are worked on at once: a lease must not run out while its operation waits for its turn.
            claimed = await store.ClaimAsync(ofModifications, options.Value.Parallel, options.Value.Lease, cancellationToken);
            Failpoint.Here("claim.after-commit", claimed.Select(o => o.PaymentId));
            total += claimed.Count;
            await Task.WhenAll(claimed.Select(HandleAsync));
        }
        while (claimed.Count == options.Value.Parallel);
        return total;
    }

    // No cancellation from here on: what was begun is recorded before the process stops.
    private async Task HandleAsync(ClaimedOperation operation)
    {
        using var step = PaymentTrace.Step(operation.Kind == OperationKind.Authorise ? "recover" : LabelWords.Of(operation.Kind), operation.PspTransactionId);
        step?.SetTag("rung", operation.Rung);
        try
        {
            await (operation.Kind switch
            {
                OperationKind.Authorise => RecoverAsync(operation),
                OperationKind.Reverse => ladder.StepAsync(operation, CancellationToken.None),
                OperationKind.Capture or OperationKind.Cancel or OperationKind.Refund => modifications.StepAsync(operation, CancellationToken.None),
                OperationKind.Authenticate => authentications.RecoverAsync(operation),
                _ => throw new InvalidOperationException($"No worker for {operation.Kind}."),
            });
            _failures.TryRemove(operation.Id, out _);
        }
        catch (Exception exception)
        {
            LogOperationFailed(exception, operation.PspTransactionId, operation.Kind, operation.Id);
            await CountAsync(operation, exception);
        }
    }

    /// <summary>ENGINE 25: one that breaks whoever takes it up is parked. Each process counts for itself, and a new one anew.</summary>
    private async Task CountAsync(ClaimedOperation operation, Exception exception)
    {
        if (DatabaseAway.IsOfTheMoment(exception) || _failures.AddOrUpdate(operation.Id, 1, (_, failures) => failures + 1) < options.Value.MostFailures)
        {
            return;
        }

        try
        {
            if (await store.ParkAsync(operation, "HandlingBreaks", CancellationToken.None))
            {
                LogPoison(operation.PspTransactionId, operation.Kind, operation.Reference, options.Value.MostFailures);
            }

            _failures.TryRemove(operation.Id, out _);
        }
        catch (NpgsqlException gone)
        {
            // It is counted on at its next failure.
            LogOperationFailed(gone, operation.PspTransactionId, operation.Kind, operation.Id);
        }
    }

    /// <summary>ENGINE 4 and 9: an authorise whose process is gone is never sent again, and an OK without its mark is taken back.</summary>
    private async Task RecoverAsync(ClaimedOperation operation)
    {
        var decision = operation.Answer == Answer.Ok
            ? new Decision { OperationId = operation.Id, Generation = operation.Generation, While = Answer.Ok, OnlyUndelivered = true, Move = PaymentMove.Withdraw, Event = PaymentEventName.Withdrawn, Reason = "DeliveryDoubtful" }
            : new Decision { OperationId = operation.Id, Generation = operation.Generation, Move = PaymentMove.Decline, Event = PaymentEventName.Declined, Reason = "LeaseEnded", FailBody = wallet.AnswerFail(operation.PspTransactionId, DeclineReason.TooLate) };
        Failpoint.Here("recover.before-commit", operation.PaymentId);
        var mayBeDecided = true;
        try
        {
            mayBeDecided = await store.DecideAsync(Pool.General, decision, CancellationToken.None);
        }
        finally
        {
            // Also where the confirmation is lost: it would not come again.
            if (mayBeDecided && operation.Answer == Answer.Ok)
            {
                LogDoubtful(operation.PspTransactionId);
                GatewayMeter.Doubtful(DoubtCause.LeaseEnded);
            }
        }

        if (!mayBeDecided)
        {
            LogNotRecovered(operation.PspTransactionId, operation.Id);
            return;
        }

        Failpoint.Here("recover.after-commit", operation.PaymentId);
        if (operation.Answer != Answer.Ok)
        {
            LogAbandoned(operation.PspTransactionId);
        }

        signal.Set();
    }

    [LoggerMessage(2501, LogLevel.Error, "A pass over the operations failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);

    [LoggerMessage(2502, LogLevel.Error, "Payment {PspTransactionId}: {Kind} operation {OperationId} failed; it is taken up again when its lease ends.")]
    private partial void LogOperationFailed(Exception exception, PspTransactionId pspTransactionId, OperationKind kind, Guid operationId);

    [LoggerMessage(2506, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the handling of {Kind} {Reference} has broken {Failures} times, it is parked.")]
    private partial void LogPoison(PspTransactionId pspTransactionId, OperationKind kind, string reference, int failures);

    [LoggerMessage(2503, LogLevel.Warning, "Payment {PspTransactionId}: an authorise was left behind; FAIL is stored and whatever the acquirer holds is being reversed.")]
    private partial void LogAbandoned(PspTransactionId pspTransactionId);

    [LoggerMessage(2504, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, an OK was left without its delivered mark; its approval is being reversed.")]
    private partial void LogDoubtful(PspTransactionId pspTransactionId);

    [LoggerMessage(2505, LogLevel.Warning, "Payment {PspTransactionId}: operation {OperationId} had moved on before it could be recovered.")]
    private partial void LogNotRecovered(PspTransactionId pspTransactionId, Guid operationId);
}
