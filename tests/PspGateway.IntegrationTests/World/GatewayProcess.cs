using System.Diagnostics;
using System.Text;

namespace PspGateway.IntegrationTests.World;

/// <summary>The gateway as a process of its own, to be killed.</summary>
internal sealed class GatewayProcess : IDisposable
{
    private readonly Process _process;

    private readonly StringBuilder _output = new();

    private GatewayProcess(Process process) => _process = process;

    /// <summary>All it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static async Task<GatewayProcess> StartAsync(TestWorld world, IReadOnlyDictionary<string, string?> settings, string environment = "Production")
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "PspGateway.dll"));
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["ASPNETCORE_URLS"] = world.GatewayUrl.AbsoluteUri;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = environment;
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        var gateway = new GatewayProcess(process);
        process.OutputDataReceived += (_, line) => gateway.Keep(line.Data);
        process.ErrorDataReceived += (_, line) => gateway.Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await TestWorld.EventuallyAsync(() => gateway.IsReadyAsync(world), what: "the gateway's readiness");
        return gateway;
    }

    /// <summary>SIGKILL: nothing is said goodbye to.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: an orderly stop.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString()]);
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }

    private async Task<bool> IsReadyAsync(TestWorld world)
    {
        Assert.False(_process.HasExited, "The gateway ended at its start.");
        try
        {
            using var response = await world.Http.GetAsync(new Uri(world.GatewayUrl, "health/ready"));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
