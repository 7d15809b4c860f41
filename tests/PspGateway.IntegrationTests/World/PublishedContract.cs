using System.Diagnostics;

namespace PspGateway.IntegrationTests.World;

/// <summary>A published OpenAPI file, served as a validating mock or proxy. It lies outside the project: without it, or without npm, tests are skipped.</summary>
internal sealed class PublishedContract : IDisposable
{
    private readonly Process _process;

    private PublishedContract(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public static Task<PublishedContract> MockAsync(string name) => StartAsync("mock", name, null);

    public static Task<PublishedContract> ProxyAsync(string name, Uri upstream) => StartAsync("proxy", name, upstream);

    /// <summary>What is wrong with the request that got this answer, or with the answer; null when nothing is.</summary>
    public static string? ViolationsOf(HttpResponseMessage response) => response.Headers.TryGetValues("sl-violations", out var values) ? string.Join(' ', values) : null;

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static async Task<PublishedContract> StartAsync(string verb, string name, Uri? upstream)
    {
        var script = Find();
        Assert.SkipWhen(script is null, "../shared/contract-check is not there.");
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "npm"))), "npm is not there.");
        var url = new Uri($"http://127.0.0.1:{Ports.Free()}");
        string[] arguments = upstream is null ? [script!, verb, name, $"{url.Port}"] : [script!, verb, name, $"{url.Port}", upstream.AbsoluteUri.TrimEnd('/')];
        var process = Process.Start(new ProcessStartInfo("bash", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var contract = new PublishedContract(process, url);
        for (var tries = 0; !await contract.AnswersAsync(); tries++)
        {
            Assert.SkipWhen(tries > 600, $"The {name} contract's mock could not be installed within two minutes.");
            await Task.Delay(200);
        }

        return contract;
    }

    private async Task<bool> AnswersAsync()
    {
        Assert.SkipWhen(_process.HasExited, "The contract's mock could not be installed or started.");
        try
        {
            using var socket = new System.Net.Sockets.TcpClient();
            await socket.ConnectAsync("127.0.0.1", Url.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PspGateway.sln")))
            {
                var script = Path.Combine(folder.FullName, "..", "shared", "contract-check");
                return File.Exists(script) ? script : null;
            }
        }

        return null;
    }
}
