using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Storage.Rows;
using PspGateway.Vipps.Wire;

namespace PspGateway.Vipps.Reconciliation;

/// <summary>
/// Holds our books against Vipps' details, Vipps:DetailsAfter after the last report of a payment: Vipps applies reports at night and says
/// nothing about any of them. What differs becomes a record for a person, with an alert when money differs.
/// </summary>
internal sealed partial class ReconciliationWorker(
    GatewayDatabase database, VippsClient client, IOptions<OperationOptions> operations, TimeProvider time, ILogger<ReconciliationWorker> logger) : BackgroundService
{
    private const int AtOnce = 4;

    /// <summary>A good day of asking, with the pauses between.</summary>
    private const int AskedLong = 12;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(operations.Value.Poll, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await DrainAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogPassFailed(exception);
            }
        }
    }

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DueReconciliation> due;
        do
        {
            due = await Reconciliations.ClaimAsync(database.General, operations.Value.ClaimSize, cancellationToken);
            await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (one, token) => await CompareAsync(one, token));
        }
        while (due.Count == operations.Value.ClaimSize);
    }

    private async Task CompareAsync(DueReconciliation due, CancellationToken cancellationToken)
    {
        var id = new PspTransactionId(due.PaymentId);
        try
        {
            var ours = await Reconciliations.OursAsync(database.General, due.PaymentId, cancellationToken);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(CallTimeout);
            var answer = await client.GetAsync("details", $"/psp/v3/psppayments/{id}/details", due.MerchantSerialNumber, timeout.Token);
            if (answer.Status is HttpStatusCode.NotFound)
            {
                await DifferAsync(id, "UnknownToVipps", ours.Sum(o => o.SumMinor), 0, cancellationToken);
                await Reconciliations.DoneAsync(database.General, due, cancellationToken);
                return;
            }

            // No history says nothing; and what was told while we asked may be in it or not. It comes again.
            if (LogOf(answer) is not { } entries || ours.Any(o => o.Open) || !ours.SequenceEqual(await Reconciliations.OursAsync(database.General, due.PaymentId, cancellationToken)))
            {
                await NoticeAsync(id, due, ours.Sum(o => o.SumMinor), answer.Status, cancellationToken);
                return;
            }

            foreach (var status in Enum.GetValues<ReportedEffect>())
            {
                await CompareAsync(id, status, success: true, ours, entries, cancellationToken);
                await CompareAsync(id, status, success: false, ours, entries, cancellationToken);
            }

            await Reconciliations.DoneAsync(database.General, due, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotCompared(exception, id);
        }
    }

    private async Task CompareAsync(PspTransactionId id, ReportedEffect status, bool success, IReadOnlyList<ReportedByUs> ours, List<TransactionLogEntry> entries, CancellationToken cancellationToken)
    {
        var mine = ours.FirstOrDefault(o => o.Status == status && o.Success == success);
        var theirs = entries.Where(e => e.Operation == VippsStatus.Of(status) && (e.OperationSuccess ?? true) == success).ToList();
        var sum = theirs.Sum(e => e.Amount ?? 0);

        // Vipps knows of a reservation from our OK already, and may show it once more, or though it was not reported.
        var agree = status == ReportedEffect.Authorised && success
            ? mine is null || theirs.Any(e => e.Amount == mine.SumMinor)
            : (mine?.Count ?? 0) == theirs.Count && (mine?.SumMinor ?? 0) == sum;
        if (!agree)
        {
            await DifferAsync(id, $"Vipps{status}{(success ? "" : "Failed")}", mine?.SumMinor ?? 0, sum, cancellationToken);
        }
    }

    /// <summary>It goes on being asked for; but somebody should know.</summary>
    private async Task NoticeAsync(PspTransactionId id, DueReconciliation due, long oursMinor, HttpStatusCode? status, CancellationToken cancellationToken)
    {
        if (due.Tries >= AskedLong && await DifferenceWrite.OpenAsync(database.General, id.Value, "NotReconciled", oursMinor, oursMinor, cancellationToken))
        {
            LogNotReconciled(id, due.Tries, status);
        }
    }

    private async Task DifferAsync(PspTransactionId id, string cause, long oursMinor, long theirsMinor, CancellationToken cancellationToken)
    {
        if (!await DifferenceWrite.OpenAsync(database.General, id.Value, cause, oursMinor, theirsMinor, cancellationToken))
        {
            return;
        }

        if (oursMinor == theirsMinor)
        {
            LogDiffers(id, cause, oursMinor);
        }
        else
        {
            LogMoneyDiffers(id, cause, oursMinor, theirsMinor);
        }
    }

    private static List<TransactionLogEntry>? LogOf(VippsAnswer answer)
    {
        try
        {
            var entries = answer.IsSuccess ? JsonSerializer.Deserialize(answer.Body, VippsJson.Default.PaymentDetailsResponse)?.TransactionLogHistory : null;
            return entries is not null && entries.All(e => e is not null) ? entries.OfType<TransactionLogEntry>().ToList() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(4101, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, Vipps' details differ from our books ({Cause}): ours {OursMinor} øre, theirs {TheirsMinor}. A difference is open.")]
    private partial void LogMoneyDiffers(PspTransactionId pspTransactionId, string cause, long oursMinor, long theirsMinor);

    [LoggerMessage(4102, LogLevel.Warning, "Payment {PspTransactionId}: Vipps' details count otherwise than our books ({Cause}), with the same sum of {SumMinor} øre. A difference is open.")]
    private partial void LogDiffers(PspTransactionId pspTransactionId, string cause, long sumMinor);

    [LoggerMessage(4103, LogLevel.Error, "Payment {PspTransactionId}: the books could not be compared; it comes again.")]
    private partial void LogNotCompared(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(4105, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, its books could not be compared in {Tries} tries, Vipps' details answer {Status}. A difference is open; it goes on being tried.")]
    private partial void LogNotReconciled(PspTransactionId pspTransactionId, int tries, HttpStatusCode? status);

    [LoggerMessage(4104, LogLevel.Error, "A pass over the reconciliations failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);
}
