namespace PspGateway.Payments;

/// <summary>
/// Notices when this process stood still: frozen, swapped out, without a processor. What came meanwhile lay unread, so that a first byte which
/// is read afterwards may be as old as the standstill, and whoever sent it has waited for that long (ENGINE 1, 8).
/// </summary>
internal sealed partial class Standstills(TimeProvider time, ILogger<Standstills> logger) : BackgroundService
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Noticeable = TimeSpan.FromMilliseconds(500);

    /// <summary>After it goes on, what had come may stay unread for this long: there is a lot of it, and all at once.</summary>
    private static readonly TimeSpan CatchingUp = TimeSpan.FromSeconds(2);

    private Beats? _beats;

    /// <summary>Lives from here, before the service listens: a process that hardly gets to start reads what came to it meanwhile late, too.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Beat();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>When a first byte that was read then may have come at the earliest. Timestamps of this process' clock.</summary>
    public long EarliestOf(long read)
    {
        if (Volatile.Read(ref _beats) is not { } beats)
        {
            return read;
        }

        // It may be read before the beat that would tell of the standstill.
        var lived = time.GetElapsedTime(beats.Last, read) > Noticeable ? beats.Last : read;
        return IsCatchingUp(beats, lived) ? Math.Min(beats.StoodFrom, read) : lived;
    }

    internal void Beat()
    {
        var now = time.GetTimestamp();
        var beats = _beats ?? new Beats(now, 0, 0);
        var stood = time.GetElapsedTime(beats.Last, now);
        if (stood > Noticeable)
        {
            LogStoodStill(stood.TotalSeconds);
        }

        // Short ones that come close after another, as on a machine that is busy, do not add up.
        var isShort = stood <= CatchingUp && stood <= time.GetElapsedTime(beats.StoodFrom, beats.StoodUntil);
        var counts = stood > Noticeable && !(isShort && IsCatchingUp(beats, beats.Last));
        Volatile.Write(ref _beats, counts ? new Beats(now, EarliestOf(beats.Last), now) : beats with { Last = now });
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var beat = new PeriodicTimer(BeatEvery, time);
        do
        {
            Beat();
        }
        while (await beat.WaitForNextTickAsync(stoppingToken));
    }

    private bool IsCatchingUp(Beats beats, long at) => beats.StoodUntil > 0 && time.GetElapsedTime(beats.StoodUntil, at) < CatchingUp;

    [LoggerMessage(2304, LogLevel.Warning, "This process stood still for {Seconds:F1} s. What came meanwhile may have waited as long, and its time is counted so.")]
    private partial void LogStoodStill(double seconds);

    /// <param name="Last">The last sign of life.</param>
    /// <param name="StoodFrom">When the last standstill that counts began.</param>
    /// <param name="StoodUntil">When it ended; 0: there was none.</param>
    private sealed record Beats(long Last, long StoodFrom, long StoodUntil);
}
