using System.Diagnostics;
using System.Net.Sockets;
using PspGateway.IntegrationTests.World;

namespace PspGateway.ProofTests.World;

/// <summary>A program of ours as a process of its own: started, killed, started again.</summary>
internal class Child(string program, Uri url, string health, IReadOnlyDictionary<string, string?> environment, HttpClient http) : IAsyncDisposable
{
    private readonly List<string> _alerts = [];
    private volatile Process? _process;
    private volatile bool _ready;

    public Uri Url => url;

    public bool Runs => _process is { HasExited: false };

    public bool IsUp => _ready && Runs;

    /// <summary>Lines that would have woken a person.</summary>
    public IReadOnlyList<string> Alerts
    {
        get
        {
            lock (_alerts)
            {
                return [.. _alerts];
            }
        }
    }

    public Task EndedAsync(CancellationToken cancellationToken) => _process?.WaitForExitAsync(cancellationToken) ?? Task.CompletedTask;

    public virtual async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [program]) { WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (key, value) in environment)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["ASPNETCORE_URLS"] = url.AbsoluteUri;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["DOTNET_TieredPGO"] = "0";
        _ready = false;
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var before = _process;
        _process = process;
        before?.Dispose();
        await UntilReadyAsync();
        _ready = true;
    }

    /// <summary>SIGKILL: nothing is said goodbye to.</summary>
    public async Task KillAsync()
    {
        if (Runs)
        {
            _process!.Kill();
            await _process.WaitForExitAsync();
        }
    }

    public Task FreezeAsync() => Signals.SendAsync(_process!.Id, "STOP");

    public Task ThawAsync() => Signals.SendAsync(_process!.Id, "CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task UntilReadyAsync()
    {
        for (var tries = 0; tries < 1200 && Runs; tries++)
        {
            try
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
                using var response = await http.GetAsync(new Uri(url, health), limit.Token);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or SocketException)
            {
                // Not yet.
            }

            await Task.Delay(25);
        }

        if (Runs)
        {
            throw new InvalidOperationException($"{Path.GetFileName(program)} did not become ready: {string.Join('\n', Alerts.TakeLast(5))}");
        }
    }

    private void Keep(string? line)
    {
        if (line is not null && Environment.GetEnvironmentVariable("PROOF_LOG") is { Length: > 0 } log)
        {
            lock (_alerts)
            {
                File.AppendAllText(log, $"{url.Port} {line}\n");
            }
        }

        if (line is not null && (line.Contains("ALERT", StringComparison.Ordinal) || line.Contains("cannot start", StringComparison.Ordinal)))
        {
            lock (_alerts)
            {
                _alerts.Add(line);
            }
        }
    }
}

/// <summary>A replica of the gateway, in the build that has failpoints.</summary>
internal sealed class Replica(string name, Uri url, IReadOnlyDictionary<string, string?> environment, HttpClient http) : Child(Programs.FailpointsGateway, url, "health/ready", environment, http)
{
    public string Name => name;

    /// <summary>How often it was started.</summary>
    public int Lives { get; private set; }

    private readonly int _ordersPort = int.Parse(environment["FAILPOINTS_PORT"]!);

    public override async Task StartAsync()
    {
        Lives++;
        await base.StartAsync();
    }

    /// <summary>Does nothing when the replica is down.</summary>
    public async Task ArmAsync(string failpoint, string key, string action, TimeSpan length, int skip = 0, int together = 1)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", _ordersPort);
            using var answers = new StreamReader(client.GetStream());
            await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"arm {failpoint} {key} {action} {(int)length.TotalMilliseconds} {skip} {together}\n"));
            Assert.True(await answers.ReadLineAsync() is null or "ok", $"The replica does not understand: {failpoint} {key} {action}.");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            // Killed meanwhile, by an order that was given before.
        }
    }
}
