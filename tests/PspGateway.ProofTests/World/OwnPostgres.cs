using System.Diagnostics;
using Npgsql;
using PspGateway.IntegrationTests.World;

namespace PspGateway.ProofTests.World;

/// <summary>A server of a proof's own, which can be stopped hard and started again. It keeps what it has confirmed (fsync is on) unless told otherwise.</summary>
internal sealed class OwnPostgres : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"pspgateway-proofs-{Guid.NewGuid():N}"[..36]);
    private readonly string _programs;
    private readonly bool _durable;
    private Process? _server;

    private OwnPostgres(string programs, bool durable) => (_programs, _durable) = (programs, durable);

    /// <summary>The programs of PostgreSQL on this machine; null where there are none.</summary>
    public static string? Programs { get; } = FindPrograms();

    public int Port { get; } = Ports.Free();

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Database=postgres;Username=postgres";

    public static async Task<OwnPostgres> StartAsync(bool durable)
    {
        var postgres = new OwnPostgres(Programs ?? throw new InvalidOperationException("PostgreSQL is not on this machine."), durable);
        Directory.CreateDirectory(postgres._folder);
        if (IsRoot)
        {
            using var chown = Process.Start("chown", ["postgres", postgres._folder]);
            await chown.WaitForExitAsync();
        }

        using var init = postgres.Run("initdb", ["-D", postgres.Data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", durable ? "--data-checksums" : "--no-sync"]);
        await init.WaitForExitAsync();
        await postgres.StartAsync();
        return postgres;
    }

    public async Task StartAsync()
    {
        string[] fast = _durable ? [] : ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"];
        _server = Run("postgres", ["-D", Data, "-c", $"port={Port}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_folder}", "-c", "max_connections=300", "-c", "log_min_messages=fatal", .. fast]);
        for (var tries = 0; tries < 150; tries++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=2");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(200);
            }
        }

        throw new InvalidOperationException("PostgreSQL did not become ready.");
    }

    /// <summary>SIGQUIT, which Postgres calls an immediate shutdown: no checkpoint, nobody is told, recovery at the next start.</summary>
    public async Task StopHardAsync()
    {
        if (_server is { HasExited: false })
        {
            await Signals.SendAsync(_server.Id, "QUIT");
            await _server.WaitForExitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopHardAsync();
        _server?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Data => Path.Combine(_folder, "data");

    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>PostgreSQL refuses to run as root; setpriv then makes way for it in the same process.</summary>
    private Process Run(string program, string[] arguments)
    {
        var path = Path.Combine(_programs, program);
        var start = IsRoot
            ? new ProcessStartInfo("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--init-groups", path, .. arguments])
            : new ProcessStartInfo(path, arguments);
        (start.WorkingDirectory, start.RedirectStandardOutput, start.RedirectStandardError, start.UseShellExecute) = ("/", true, true, false);
        start.Environment["LC_ALL"] = "C";
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static string? FindPrograms()
    {
        var known = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(d => Path.Combine(d, "bin")) : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(d => d.Length > 0);
        return known.Concat(onPath).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")) && File.Exists(Path.Combine(d, "postgres")));
    }
}

internal static class Signals
{
    public static async Task SendAsync(int process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString()]);
        await kill.WaitForExitAsync();
    }
}
