using Microsoft.Extensions.Options;

namespace PspGateway.Vault;

/// <summary>Loads the keys before the first request, makes tomorrow's epoch today, and destroys old ones.</summary>
internal sealed partial class VaultKeeper(KeyFolder folder, EpochKeys epochs, FieldSealer fields, Fingerprints fingerprints, IOptions<VaultOptions> options, TimeProvider time, ILogger<VaultKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        folder.Probe();
        await fields.LoadAsync(cancellationToken);
        await fingerprints.LoadAsync(cancellationToken);
        await KeepAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        await epochs.EnsureAsync(today, cancellationToken);
        await epochs.EnsureAsync(today.AddDays(1), cancellationToken);
        await epochs.DestroyOldAsync(options.Value.DestroyEpochAfter, cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await KeepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogFailed(exception);
            }
        }
    }

    [LoggerMessage(5003, LogLevel.Error, "The vault's keys could not be kept; the next pass tries again.")]
    private partial void LogFailed(Exception exception);
}
