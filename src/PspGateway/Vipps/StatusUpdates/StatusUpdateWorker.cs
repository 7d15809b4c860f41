using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Storage.Rows;
using PspGateway.Vipps.Wire;

namespace PspGateway.Vipps.StatusUpdates;

/// <summary>Tells Vipps what became of the money, in frozen batches, in order per payment (ENGINE 28).</summary>
internal sealed partial class StatusUpdateWorker(
    GatewayDatabase database, VippsClient client, IOptions<VippsOptions> vipps, IOptions<OperationOptions> operations, TimeProvider time, ILogger<StatusUpdateWorker> logger) : BackgroundService
{
    private const int AlertAfterTries = 10;
    private const int AlertAfterRounds = 2;
    private const int ReadAtOnce = 4;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MostBackoff = TimeSpan.FromMinutes(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(vipps.Value.StatusInterval, time);
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
        // No two open batches share a payment, so that their order does not matter.
        var running = new List<Task>();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                if (running.Count < vipps.Value.StatusParallel)
                {
                    var asked = time.GetTimestamp();
                    if (await StatusBatches.ClaimAsync(database.General, operations.Value.Lease * 2, cancellationToken) is { } batch)
                    {
                        // Not tied to the stop: a send that is broken off half-way is a doubt for a day.
                        running.Add(HandleAsync(batch, asked));
                        continue;
                    }

                    if (await StatusBatches.FreezeAsync(database.General, vipps.Value.StatusBatchSize, cancellationToken))
                    {
                        continue;
                    }
                }

                if (running.Count == 0)
                {
                    return;
                }

                // A slow one holds up nothing that becomes due meanwhile.
                var look = Task.Delay(vipps.Value.StatusInterval, time, cancellationToken);
                var ended = await Task.WhenAny([look, .. running]);
                running.Remove(ended);
                await ended;
            }
        }
        finally
        {
            await Task.WhenAll(running);
        }
    }

    /// <param name="claimedAfter">A timestamp of this process' clock, from before the lease began.</param>
    private async Task HandleAsync(ClaimedBatch batch, long claimedAfter)
    {
        using var trace = PaymentTrace.Batch("report batch", batch.Updates.Select(u => new PspTransactionId(u.PaymentId)));
        if (batch.Lapsed && !batch.Doubtful)
        {
            await RetryAsync(batch, new VippsAnswer(null, "", null, "The process that held it is gone."), doubtful: true);
            return;
        }

        if (batch.Doubtful)
        {
            await ResolveAsync(batch);
            return;
        }

        var request = new PaymentStatusRequest { Transactions = [.. batch.Updates.Select(ToWire)] };
        Failpoint.Here("report.before-send", batch.Updates.Select(u => u.PaymentId));
        var lease = operations.Value.Lease;
        if (time.GetElapsedTime(claimedAfter) >= lease)
        {
            // Held up for one of its two leases: sent now, it could still be on its way when it is another's.
            await RetryAsync(batch, new VippsAnswer(null, "", null, "Held up before it was sent.", Sent: false), doubtful: false);
            return;
        }

        using var timeout = new CancellationTokenSource(lease < CallTimeout ? lease : CallTimeout, time);
        var answer = await client.PostAsync("updatestatus", "/psp/v3/psppayments/updatestatus", batch.MerchantSerialNumber, request, VippsJson.Default.PaymentStatusRequest, batch.Id.ToString("N"), timeout.Token);
        Failpoint.Here("report.after-answer", batch.Updates.Select(u => u.PaymentId));
        switch (answer.Status)
        {
            case HttpStatusCode.OK:
                await StatusBatches.FinishAsync(database.General, batch, vipps.Value.DetailsAfter, CancellationToken.None);
                Failpoint.Here("report.after-commit", batch.Updates.Select(u => u.PaymentId));
                LogSent(batch.Updates.Count, batch.MerchantSerialNumber, batch.Id);
                Told(ReportResult.Sent, batch.Updates);
                break;

            case HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity when batch.Updates.Count > 1:
                await StatusBatches.SplitAsync(database.General, batch, CancellationToken.None);
                LogSplit(batch.Id, batch.Updates.Count);
                Told(ReportResult.Split, batch.Updates);
                break;

            case HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity:
                var error = VippsError.Parse(answer.Body);
                await StatusBatches.ParkAsync(database.General, batch, $"{error.Code}: {error.Text}", CancellationToken.None);
                LogParked(new PspTransactionId(batch.Updates[0].PaymentId), batch.Updates[0].Status, error.Code ?? "none", error.Text);
                Told(ReportResult.Parked, batch.Updates);
                break;

            // Nothing left, or Vipps said that it did nothing.
            case null when !answer.Sent:
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable:
                await RetryAsync(batch, answer, doubtful: false);
                break;

            // No answer, or one that does not say whether it had its effect: Vipps does not deduplicate, so it is not simply sent again.
            default:
                await RetryAsync(batch, answer, doubtful: true);
                break;
        }
    }

    private async Task RetryAsync(ClaimedBatch batch, VippsAnswer answer, bool doubtful)
    {
        // Jitter: what failed together does not come again together.
        var jitter = System.Security.Cryptography.RandomNumberGenerator.GetInt32(75, 126) / 100.0;
        var backoff = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(batch.Tries, 12)), MostBackoff.TotalSeconds)) * jitter;
        var delay = doubtful ? vipps.Value.DetailsAfter : answer.RetryAfter is { } asked && asked > backoff && asked < TimeSpan.FromDays(1) ? asked : backoff;
        if (!await StatusBatches.RetryAsync(database.General, batch, delay, doubtful, CancellationToken.None))
        {
            return;
        }

        LogRetry(batch.Tries < AlertAfterTries ? LogLevel.Warning : LogLevel.Critical, batch.Tries < AlertAfterTries ? "" : "ALERT, ", batch.Id, (int?)answer.Status ?? 0, doubtful, delay);
        Told(doubtful ? ReportResult.Doubtful : ReportResult.Retried, batch.Updates);
    }

    /// <summary>Reads what Vipps knows of each payment of a doubtful batch, and sends again only what it does not.</summary>
    private async Task ResolveAsync(ClaimedBatch batch)
    {
        var (shown, strange) = (new List<Guid>(), new List<Guid>());
        Failpoint.Here("doubt.before-read", batch.Updates.Select(u => u.PaymentId));
        var told = await StatusBatches.ToldBeforeAsync(database.General, batch, CancellationToken.None);
        var renewed = time.GetTimestamp();
        foreach (var several in batch.Updates.GroupBy(u => u.PaymentId).Chunk(ReadAtOnce))
        {
            // Hundreds of reads may take longer than a lease.
            if (time.GetElapsedTime(renewed) > operations.Value.Lease)
            {
                if (!await StatusBatches.RenewAsync(database.General, batch, operations.Value.Lease * 2, CancellationToken.None))
                {
                    return;
                }

                renewed = time.GetTimestamp();
            }

            var answers = await Task.WhenAll(several.Select(payment => DetailsAsync(payment.Key, batch.MerchantSerialNumber)));
            foreach (var (payment, answer) in several.Zip(answers))
            {
                if (answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound)
                {
                    // Vipps will say the same tomorrow: whether this payment's updates had their effect is a person's to find out.
                    strange.Add(payment.Key);
                    continue;
                }

                if (LogOf(answer) is not { } entries)
                {
                    await RetryAsync(batch, answer with { RetryAfter = null }, doubtful: false);
                    return;
                }

                // Equal reports are counted: those that Vipps was told of before are no word about these.
                shown.AddRange(payment.GroupBy(u => new ToldReport(u.PaymentId, u.Status, u.Success, u.AmountMinor))
                    .SelectMany(alike => alike.Take(entries.Count(entry => Matches(entry, alike.First())) - (int)told.GetValueOrDefault(alike.Key)))
                    .Select(u => u.Id));
            }
        }

        PlantedBug.RecomposeTheBatch(shown);
        Failpoint.Here("doubt.before-commit", batch.Updates.Select(u => u.PaymentId));
        await StatusBatches.SettleAsync(database.General, batch, shown, strange, "Doubtful, and Vipps has no details of the payment", vipps.Value.DetailsAfter, CancellationToken.None);
        Failpoint.Here("doubt.after-commit", batch.Updates.Select(u => u.PaymentId));
        LogResolved(batch.Id, shown.Count, batch.Updates.Count);
        Told(ReportResult.Sent, [.. batch.Updates.Where(u => shown.Contains(u.Id))]);
        foreach (var stuck in batch.Updates.Where(u => u.Rounds + 1 >= AlertAfterRounds && !shown.Contains(u.Id) && !strange.Contains(u.PaymentId)))
        {
            LogNoEffect(new PspTransactionId(stuck.PaymentId), stuck.Status, stuck.Rounds + 1);
        }

        foreach (var parked in batch.Updates.Where(u => strange.Contains(u.PaymentId)).GroupBy(u => u.PaymentId))
        {
            LogDoubtfulParked(new PspTransactionId(parked.Key), parked.Count(), batch.Id);
            Told(ReportResult.Parked, [.. parked]);
        }
    }

    private async Task<VippsAnswer> DetailsAsync(Guid paymentId, string merchant)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        return await client.GetAsync("details", $"/psp/v3/psppayments/{new PspTransactionId(paymentId)}/details", merchant, timeout.Token);
    }

    /// <summary>Counted, and noted in the trace of each payment, linked to the batch's own.</summary>
    private static void Told(ReportResult result, IReadOnlyList<BatchedUpdate> updates)
    {
        GatewayMeter.Reported(result, updates.Count);
        if (result == ReportResult.Sent && updates.Count > 0)
        {
            GatewayMeter.ReportLag(TimeSpan.FromSeconds(updates.Max(u => u.WaitedSeconds)));
        }

        foreach (var update in updates)
        {
            using var step = PaymentTrace.Step("report", new PspTransactionId(update.PaymentId));
            step?.SetTag("status", VippsStatus.Of(update.Status)).SetTag("outcome", LabelWords.Of(result));
        }
    }

    /// <summary>Null where Vipps' answer is no history: that says nothing, and least of all that a report had no effect.</summary>
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

    private static bool Matches(TransactionLogEntry entry, BatchedUpdate update) =>
        entry.Operation == VippsStatus.Of(update.Status) && entry.Amount == update.AmountMinor && (entry.OperationSuccess ?? true) == update.Success;

    private static TransactionInfo ToWire(BatchedUpdate update) => new()
    {
        PspTransactionId = new PspTransactionId(update.PaymentId).ToString(),
        Status = VippsStatus.Of(update.Status),
        Amount = checked((int)update.AmountMinor),
        Currency = update.Currency,
        OperationStatus = update.Success ? "SUCCESS" : "FAILED",
    };

    [LoggerMessage(4001, LogLevel.Information, "Sent {Count} status updates of merchant {Merchant} in batch {BatchId}.")]
    private partial void LogSent(int count, string merchant, Guid batchId);

    [LoggerMessage(4002, LogLevel.Warning, "Vipps refused batch {BatchId} of {Count} updates; it is halved to find the one at fault.")]
    private partial void LogSplit(Guid batchId, int count);

    [LoggerMessage(4003, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, Vipps refuses the update {Status}, it is parked: {Code} {Text}")]
    private partial void LogParked(PspTransactionId pspTransactionId, ReportedEffect status, string code, string text);

    [LoggerMessage(4007, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, {Count} updates of doubtful batch {BatchId} are parked: Vipps has no details to tell whether they had their effect.")]
    private partial void LogDoubtfulParked(PspTransactionId pspTransactionId, int count, Guid batchId);

    [LoggerMessage(4008, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the update {Status} had no effect at Vipps in {Rounds} rounds of doubt. It goes on by itself, apart from the others.")]
    private partial void LogNoEffect(PspTransactionId pspTransactionId, ReportedEffect status, int rounds);

    [LoggerMessage(EventId = 4004, Message = "{Alert}batch {BatchId} had no effect that is known (HTTP {Status}, doubtful: {Doubtful}); again in {Delay}.")]
    private partial void LogRetry(LogLevel level, string alert, Guid batchId, int status, bool doubtful, TimeSpan delay);

    [LoggerMessage(4005, LogLevel.Information, "Doubtful batch {BatchId}: Vipps shows {Shown} of {Count} updates; the rest is sent again.")]
    private partial void LogResolved(Guid batchId, int shown, int count);

    [LoggerMessage(4006, LogLevel.Error, "A pass over the status updates failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);
}
