using PspGateway.Domain.Payments;

namespace PspGateway.Payments;

/// <summary>
/// Takes over the refusals of processes that died before they could store them: at the start, before any call, all that lie there; later what is
/// seen twice in a row, since its process may live. To store one twice changes nothing.
/// </summary>
internal sealed partial class RefusalTakeover(IKeptRefusals kept, LateRefusals refusals, TimeProvider time, ILogger<RefusalTakeover> logger) : BackgroundService
{
    /// <summary>Some are seen twice, and stored, well within the 120 s that an approval may stand without its OK (invariant I2).</summary>
    public static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(15);

    private HashSet<RefusalKey> _seen = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAsync(atTheStart: true, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LooksEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await LookAsync(atTheStart: false, stoppingToken);
        }
    }

    internal async Task LookAsync(bool atTheStart, CancellationToken cancellationToken)
    {
        try
        {
            var there = kept.List();
            foreach (var key in there.Where(key => (atTheStart || _seen.Contains(key)) && !refusals.Remembers(key)))
            {
                await TakeOverAsync(key, cancellationToken);
            }

            _seen = [.. there];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotRead(exception);
        }
    }

    private async Task TakeOverAsync(RefusalKey key, CancellationToken cancellationToken)
    {
        try
        {
            if (await kept.FindAsync(key, cancellationToken) is { } refusal && refusals.TryTakeOver(refusal with { TakenOver = true }))
            {
                LogTakenOver(new PspTransactionId(key.PaymentId), refusal.Reason);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // One that cannot be read holds no other up.
            LogNotFound(exception, new PspTransactionId(key.PaymentId));
        }
    }

    [LoggerMessage(2414, LogLevel.Warning, "Payment {PspTransactionId}: a refusal ({Reason}) that lies in its file is taken over, since the process that said it may be dead.")]
    private partial void LogTakenOver(PspTransactionId pspTransactionId, string reason);

    [LoggerMessage(2415, LogLevel.Error, "The refusals that other processes have left cannot be read; the next look comes.")]
    private partial void LogNotRead(Exception exception);

    [LoggerMessage(2410, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the file of a refusal that may not be stored cannot be opened; the next look tries again.")]
    private partial void LogNotFound(Exception exception, PspTransactionId pspTransactionId);
}
