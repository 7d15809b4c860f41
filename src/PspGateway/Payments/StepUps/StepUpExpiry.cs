using Microsoft.Extensions.Options;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage.StepUps;

namespace PspGateway.Payments.StepUps;

/// <summary>Ends step-ups whose ten minutes are over: the customer has gone, or the wallet's second call never came.</summary>
internal sealed partial class StepUpExpiry(StepUpStore store, IOptions<OperationOptions> options, TimeProvider time, ILogger<StepUpExpiry> logger) : BackgroundService
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
            expired = await store.ExpireAsync(options.Value.ClaimSize, cancellationToken);
            foreach (var id in expired)
            {
                LogExpired(new PspTransactionId(id));
                PaymentTrace.Mark("expired", new PspTransactionId(id));
            }
        }
        while (expired.Count == options.Value.ClaimSize);
    }

    [LoggerMessage(2981, LogLevel.Information, "Payment {PspTransactionId}: its step-up was not finished in time, it is expired.")]
    private partial void LogExpired(PspTransactionId pspTransactionId);

    [LoggerMessage(2982, LogLevel.Error, "A pass over the step-ups to expire failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);
}
