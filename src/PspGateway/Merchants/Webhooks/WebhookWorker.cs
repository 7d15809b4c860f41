using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Merchants.Webhooks;

/// <summary>
/// Takes webhooks to their endpoints: of one payment in order, of one endpoint a few at a time, and all endpoints apart from one another.
/// Nothing is lost with a process: what it had claimed is taken up when its lease ends, so that an endpoint may get an event twice.
/// </summary>
internal sealed partial class WebhookWorker(GatewayDatabase database, WebhookSender sender, IOptions<WebhookOptions> options, IOptions<OperationOptions> operations, ILogger<WebhookWorker> logger) : BackgroundService
{
    private readonly ConcurrentDictionary<Guid, int> _underWay = new();
    private readonly ConcurrentDictionary<string, int> _ofMerchant = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, bool> _failing = new();
    private readonly QueueSignal _signal = new();
    private int _count;

    public override void Dispose()
    {
        _signal.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await StartDueAsync(stoppingToken) > 0)
                {
                    // As long as there is room and something to fill it with.
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogPassFailed(exception);
            }

            await _signal.WaitAsync(operations.Value.Poll, stoppingToken);
        }
    }

    private async Task<int> StartDueAsync(CancellationToken cancellationToken)
    {
        var room = options.Value.Parallel - Volatile.Read(ref _count);
        if (room <= 0)
        {
            return 0;
        }

        var underWay = _underWay.ToDictionary();

        // Endpoints that hang are many's, sometimes: all that fail have a quarter of the places together, so that nobody waits for their time-outs.
        var failing = _failing.Keys.ToHashSet();
        var failingRoom = Math.Max(1, options.Value.Parallel / 4) - underWay.Where(endpoint => failing.Contains(endpoint.Key)).Sum(endpoint => endpoint.Value);

        // Whatever a merchant's endpoints do, half of the places are for others.
        List<string> fullMerchants = [.. _ofMerchant.Where(merchant => merchant.Value >= Math.Max(1, options.Value.Parallel / 2)).Select(merchant => merchant.Key)];

        // A delivery takes its time-out at most; its lease is longer than that by far.
        var claimed = await WebhookQueue.ClaimAsync(database.General, room, options.Value.PerEndpoint, underWay, failing, failingRoom, fullMerchants, options.Value.Timeout + operations.Value.Lease, cancellationToken);
        foreach (var delivery in claimed)
        {
            Interlocked.Increment(ref _count);
            _underWay.AddOrUpdate(delivery.SubscriptionId, 1, (_, count) => count + 1);
            _ofMerchant.AddOrUpdate(delivery.MerchantSerialNumber, 1, (_, count) => count + 1);
            _ = DeliverAsync(delivery);
        }

        return claimed.Count;
    }

    /// <summary>Never throws.</summary>
    private async Task DeliverAsync(ClaimedDelivery delivery)
    {
        try
        {
            var (status, why) = delivery.Deleted ? (null, "the webhook is deleted") : await sender.SendAsync(delivery);
            if (status is >= 200 and < 300)
            {
                await WebhookQueue.DeliveredAsync(database.General, delivery, status.Value, CancellationToken.None);
                _failing.TryRemove(delivery.SubscriptionId, out _);
                LogDelivered(delivery.EventId, delivery.SubscriptionId, delivery.Tries);
                return;
            }

            if (delivery.Deleted)
            {
                _failing.TryRemove(delivery.SubscriptionId, out _);
            }
            else
            {
                _failing[delivery.SubscriptionId] = true;
            }

            // Some lateness for each, or all that failed together would come together.
            var jitter = System.Security.Cryptography.RandomNumberGenerator.GetInt32(90, 111) / 100.0;
            if (await WebhookQueue.FailedAsync(database.General, delivery, status, options.Value.WaitAfter(delivery.Tries) * jitter, delivery.Deleted ? TimeSpan.Zero : options.Value.GiveUpAfter, CancellationToken.None))
            {
                LogParked(delivery.EventId, delivery.SubscriptionId, delivery.Tries);
            }
            else
            {
                LogFailed(delivery.EventId, delivery.SubscriptionId, delivery.Tries, why);
            }
        }
        catch (Exception exception)
        {
            LogBroken(exception, delivery.EventId, delivery.SubscriptionId);
        }
        finally
        {
            _underWay.AddOrUpdate(delivery.SubscriptionId, 0, (_, count) => count - 1);
            _underWay.TryRemove(KeyValuePair.Create(delivery.SubscriptionId, 0));
            _ofMerchant.AddOrUpdate(delivery.MerchantSerialNumber, 0, (_, count) => count - 1);
            _ofMerchant.TryRemove(KeyValuePair.Create(delivery.MerchantSerialNumber, 0));
            Interlocked.Decrement(ref _count);
            _signal.Set();
        }
    }

    [LoggerMessage(7511, LogLevel.Error, "A pass over the webhooks failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);

    [LoggerMessage(7512, LogLevel.Information, "Event {EventId} is delivered to webhook {WebhookId}, try {Tries}.")]
    private partial void LogDelivered(Guid eventId, Guid webhookId, int tries);

    [LoggerMessage(7513, LogLevel.Warning, "Event {EventId} was not taken by webhook {WebhookId}, try {Tries}: {Why}. It is tried again.")]
    private partial void LogFailed(Guid eventId, Guid webhookId, int tries, string why);

    [LoggerMessage(7514, LogLevel.Error, "Event {EventId} was not taken by webhook {WebhookId} in {Tries} tries and is parked; 'webhooks redeliver' sends it again.")]
    private partial void LogParked(Guid eventId, Guid webhookId, int tries);

    [LoggerMessage(7515, LogLevel.Error, "Event {EventId} for webhook {WebhookId} could not be sent or recorded; it comes again when its lease ends.")]
    private partial void LogBroken(Exception exception, Guid eventId, Guid webhookId);
}
