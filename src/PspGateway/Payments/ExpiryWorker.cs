using Microsoft.Extensions.Options;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>Ends payments that nobody approved (ENGINE 21). Vipps does not promise a TIMEOUT, so the gateway has a clock of its own.</summary>
internal sealed partial class ExpiryWorker(IPaymentStore store, IOptions<OperationOptions> options, TimeProvider time, ILogger<ExpiryWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Poll, time);
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
        IReadOnlyList<Guid> expired;
        do
        {
            Failpoint.Here("expiry.before-commit");
            expired = await store.ExpireAsync(options.Value.ClaimSize, cancellationToken);
            Failpoint.Here("expiry.after-commit", expired);
            foreach (var id in expired)
            {
                LogExpired(new PspTransactionId(id));
                PaymentTrace.Mark("expired", new PspTransactionId(id));
            }
        }
        while (expired.Count == options.Value.ClaimSize);
    }

    [LoggerMessage(2701, LogLevel.Information, "Payment {PspTransactionId}: nobody acted, it is expired.")]
    private partial void LogExpired(PspTransactionId pspTransactionId);

    [LoggerMessage(2702, LogLevel.Error, "A pass over the payments to expire failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);
}
