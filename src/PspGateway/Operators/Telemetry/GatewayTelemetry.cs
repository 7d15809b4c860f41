using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PspGateway.Payments.Telemetry;

namespace PspGateway.Operators.Telemetry;

/// <summary>
/// Metrics for whoever scrapes, and metrics and traces to a collector where OTEL_EXPORTER_OTLP_ENDPOINT names one; OpenTelemetry's other
/// settings work too. Without a collector nobody listens to traces, and none are made.
/// </summary>
internal sealed class GatewayTelemetry(IConfiguration configuration, Backlog backlog, TimeProvider time) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan BusyFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BacklogEvery = TimeSpan.FromSeconds(15);
    private readonly SemaphoreSlim _scraping = new(1, 1);
    private readonly PrometheusExporter _exporter = new();
    private Task _built = Task.CompletedTask;
    private MeterProvider? _metrics;
    private TracerProvider? _traces;
    private BaseExportingMetricReader? _reader;

    private bool HasCollector => configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 };

    /// <summary>The metrics of this moment; null when another scrape takes too long.</summary>
    public async Task<string?> ScrapeAsync(CancellationToken cancellationToken)
    {
        if (!await _scraping.WaitAsync(BusyFor, cancellationToken))
        {
            return null;
        }

        try
        {
            await _built;
            await backlog.RefreshAsync();
            return _exporter.Collect?.Invoke((int)BusyFor.TotalMilliseconds) == true ? _exporter.Page : null;
        }
        finally
        {
            _scraping.Release();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Beside the start, which waits for the database meanwhile; it is there before the first payment is.
        _built = Task.Run(Build, CancellationToken.None);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>A collector's setting that is wrong stops the start.</summary>
    public Task StartedAsync(CancellationToken cancellationToken) => _built;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Build()
    {
        backlog.Register();
        _reader = new BaseExportingMetricReader(_exporter);
        var metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .ConfigureResource(Describe)
            .AddMeter(GatewayMeter.Name, "System.Runtime", "Npgsql", "System.Net.Http", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel")

            // Who was called is in our own histogram, by name. Addresses would be a label without an end.
            .AddView("http.client.request.duration", new MetricStreamConfiguration { TagKeys = ["http.request.method", "http.response.status_code", "error.type"] })
            .AddView(instrument => instrument.Meter.Name == "System.Net.Http" && instrument.Name != "http.client.request.duration" ? new MetricStreamConfiguration { TagKeys = ["http.connection.state"] } : null)
            .AddReader(_reader);
        _metrics = (HasCollector ? metrics.AddOtlpExporter() : metrics).Build();
        if (HasCollector)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(configuration))
                .ConfigureResource(Describe)
                .AddSource(PaymentTrace.SourceName, "Microsoft.AspNetCore", "System.Net.Http", "Npgsql")
                .AddOtlpExporter()
                .Build();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // Sends what is left, within the exporter's own time limit.
        _traces?.Dispose();
        _metrics?.Dispose();
        (_traces, _metrics) = (null, null);
    }

    public override void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
        _reader?.Dispose();
        _exporter.Dispose();
        _scraping.Dispose();
        base.Dispose();
    }

    /// <summary>A collector is sent what the gauges hold: somebody must look for it.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!HasCollector)
        {
            return;
        }

        await _built;

        using var timer = new PeriodicTimer(BacklogEvery, time);
        do
        {
            await backlog.RefreshAsync();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static void Describe(ResourceBuilder resource) => resource.AddService("pspgateway", serviceVersion: typeof(GatewayTelemetry).Assembly.GetName().Version?.ToString(3)).AddEnvironmentVariableDetector();
}
