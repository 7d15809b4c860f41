using System.Diagnostics.Metrics;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Operators.Telemetry;

/// <summary>
/// What is open, as gauges. Read from the database when somebody looks, at most every five seconds, never waited for longer than two. While
/// it cannot be read there are no gauges but the one that says so: a number from before would look like calm.
/// </summary>
internal sealed partial class Backlog(GatewayDatabase database, TimeProvider time, ILogger<Backlog> logger) : IDisposable
{
    /// <summary>Shown as zero when nothing is there: a series that comes and goes is hard to watch.</summary>
    private static readonly BacklogLine[] Zeros =
    [
        Zero(BacklogKind.OpenOperations, "Authorise", "InFlight"),
        Zero(BacklogKind.OpenOperations, "Reverse", "Pending"),
        Zero(BacklogKind.OpenOperations, "Reverse", "Unknown"),
        Zero(BacklogKind.ParkedOperations, "Reverse"),
        Zero(BacklogKind.Exposure, "NOK"),
        Zero(BacklogKind.WaitingReports, "unbatched"),
        Zero(BacklogKind.WaitingReports, "batched"),
        Zero(BacklogKind.WaitingReports, "doubtful"),
        Zero(BacklogKind.WaitingNotifications, ""),
    ];

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private readonly Meter _meter = new(GatewayMeter.Name);
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<BacklogLine>? _lines;
    private Task _reading = Task.CompletedTask;
    private long _readAt;

    public void Register()
    {
        Gauge("pspgateway.backlog.readable", "1 when the gauges of the backlog could be read from the database.", () => [new Measurement<long>(_lines is null ? 0 : 1)]);
        Gauge("pspgateway.operations.open", "Operations under way or waiting, by kind and status.", () => Counts(BacklogKind.OpenOperations));
        Seconds("pspgateway.operations.open.oldest", "Age of the oldest of them.", BacklogKind.OpenOperations);
        Gauge("pspgateway.operations.parked", "Operations that only a person can bring on.", () => Counts(BacklogKind.ParkedOperations));
        Seconds("pspgateway.operations.parked.oldest", "How long the oldest of them has been parked.", BacklogKind.ParkedOperations);
        Gauge("pspgateway.exposure.minor_units", "Money that may be held without an OK: unknown approvals, and those to be reversed.", () => Lines(BacklogKind.Exposure).Select(l => new Measurement<long>(l.AmountMinor, Labels(l))));
        Gauge("pspgateway.exposure.authorisations", "How many authorisations that is.", () => Counts(BacklogKind.Exposure));
        Seconds("pspgateway.exposure.oldest", "Age of the oldest of them.", BacklogKind.Exposure);
        Gauge("pspgateway.reports.waiting", "Status updates that Vipps has not been told.", () => Counts(BacklogKind.WaitingReports));
        Seconds("pspgateway.reports.waiting.oldest", "Age of the oldest of them.", BacklogKind.WaitingReports);
        Gauge("pspgateway.notifications.waiting", "The acquirer's notifications that are stored and not applied.", () => Counts(BacklogKind.WaitingNotifications));
        Seconds("pspgateway.notifications.waiting.oldest", "Age of the oldest of them.", BacklogKind.WaitingNotifications);
    }

    /// <summary>Reads again unless it was just done; one at a time, and who comes meanwhile waits for the same. Never throws.</summary>
    public async Task RefreshAsync()
    {
        Task reading;
        lock (_gate)
        {
            if (_reading.IsCompleted && (_readAt == 0 || time.GetElapsedTime(_readAt) >= Fresh))
            {
                _readAt = time.GetTimestamp();
                _reading = ReadAsync();
            }

            reading = _reading;
        }

        try
        {
            await reading.WaitAsync(BacklogRead.AtMost, time);
        }
        catch (TimeoutException)
        {
            // A silent database. It is still asked; what it said before is old by now.
            _lines = null;
        }
    }

    public void Dispose() => _meter.Dispose();

    private async Task ReadAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(BacklogRead.AtMost, time);
            _lines = await BacklogRead.RunAsync(database.General, limit.Token);
        }
        catch (Exception exception)
        {
            _lines = null;
            LogUnreadable(exception);
        }
    }

    private IEnumerable<BacklogLine> Lines(BacklogKind kind) => _lines is { } lines
        ? lines.Concat(Zeros).Where(line => line.Kind == kind).DistinctBy(line => (line.First, line.Second))
        : [];

    private static BacklogLine Zero(BacklogKind kind, string first, string second = "") => new(kind, first, second, 0, 0, 0);

    private IEnumerable<Measurement<long>> Counts(BacklogKind kind) => Lines(kind).Select(line => new Measurement<long>(line.Count, Labels(line)));

    private static KeyValuePair<string, object?>[] Labels(BacklogLine line) => line.Kind switch
    {
        BacklogKind.OpenOperations => [new("kind", LabelWords.Of(line.First)), new("status", LabelWords.Of(line.Second))],
        BacklogKind.ParkedOperations => [new("kind", LabelWords.Of(line.First))],
        BacklogKind.Exposure => [new("currency", line.First)],
        BacklogKind.WaitingReports => [new("stage", line.First)],
        _ => [],
    };

    private void Gauge(string name, string description, Func<IEnumerable<Measurement<long>>> read) => _meter.CreateObservableGauge(name, read, unit: null, description);

    private void Seconds(string name, string description, BacklogKind kind) =>
        _meter.CreateObservableGauge(name, () => Lines(kind).Select(line => new Measurement<double>(line.OldestSeconds, Labels(line))), "s", description);

    [LoggerMessage(9101, LogLevel.Warning, "The backlog could not be read for the metrics; they go out without it.")]
    private partial void LogUnreadable(Exception exception);
}
