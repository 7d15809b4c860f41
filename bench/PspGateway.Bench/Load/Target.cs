using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;

namespace PspGateway.Bench.Load;

/// <summary>What a target and its database have used so far.</summary>
/// <param name="Cpu">Of the target's process alone.</param>
/// <param name="Allocated">Bytes, by its own garbage collector's count.</param>
/// <param name="Commits">Transactions of its database, those that only read included.</param>
/// <param name="Writes">Transaction ids the server has given out: transactions that wrote.</param>
internal sealed record Usage(TimeSpan Cpu, TimeSpan ServerCpu, long Allocated, long Commits, long Writes);

/// <summary>A program under measurement, in a process of its own, with a database of its own on the shared server.</summary>
internal sealed class Target : IAsyncDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly int _countersPort;
    private readonly NpgsqlDataSource _database;

    private Target(string name, Uri url, Process process, int countersPort, string connectionString)
    {
        Name = name;
        Url = url;
        ConnectionString = connectionString;
        _process = process;
        _countersPort = countersPort;
        _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 2, ApplicationName = "bench" }.ConnectionString);
    }

    public string Name { get; }

    public Uri Url { get; }

    public string ConnectionString { get; }

    public static async Task<Target> StartAsync(string name, string[] command, Uri url, string connectionString, IReadOnlyDictionary<string, string> settings, string logFile)
    {
        var countersPort = Ports.Free();
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = AppContext.BaseDirectory, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec dotnet \"$@\" >\"$LOG\" 2>&1");
        start.ArgumentList.Add("sh");
        foreach (var argument in command)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["LOG"] = logFile;
        start.Environment["ASPNETCORE_URLS"] = url.AbsoluteUri;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["ConnectionStrings__Postgres"] = connectionString;
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(Target).Assembly.Location;
        start.Environment["BENCH_COUNTERS_PORT"] = countersPort.ToString(CultureInfo.InvariantCulture);
        var process = Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
        var target = new Target(name, url, process, countersPort, connectionString);
        await target.WaitUntilReadyAsync(logFile);
        return target;
    }

    /// <summary>Resident memory, in bytes.</summary>
    public long Memory()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    public async Task<Usage> UsageAsync()
    {
        // The server's own counters are written with a delay of up to a second.
        await Task.Delay(TimeSpan.FromMilliseconds(1200));
        await using var command = _database.CreateCommand(
            "select xact_commit, pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_backend_pid() from pg_stat_database where datname = current_database()");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        _process.Refresh();
        return new Usage(_process.TotalProcessorTime, ServerCpu(reader.GetInt32(2)), await AllocatedAsync(), reader.GetInt64(0), reader.GetInt64(1));
    }

    public async ValueTask DisposeAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        await _database.DisposeAsync();
    }

    private async Task WaitUntilReadyAsync(string logFile)
    {
        using var http = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(Url, "health/ready"));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > StartWithin)
            {
                throw new InvalidOperationException($"The {Name} did not start: {string.Join('\n', File.ReadLines(logFile).TakeLast(5))}");
            }

            await Task.Delay(100);
        }
    }

    private async Task<long> AllocatedAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _countersPort);
        using var reader = new StreamReader(client.GetStream());
        return long.Parse(await reader.ReadLineAsync() ?? "0", CultureInfo.InvariantCulture);
    }

    /// <summary>Of all of the server's processes: children of the one that this connection's backend is a child of. Zero where the server is not on this machine.</summary>
    private static TimeSpan ServerCpu(int backend)
    {
        var processes = Directory.EnumerateDirectories("/proc", "*").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])).Select(folder => Stat(Path.Combine(folder, "stat"))).OfType<string[]>().ToList();
        var server = processes.Find(p => p[0] == backend.ToString(CultureInfo.InvariantCulture))?[2];
        var ticks = processes.Where(p => server is not null && (p[0] == server || p[2] == server)).Sum(p => long.Parse(p[12], CultureInfo.InvariantCulture) + long.Parse(p[13], CultureInfo.InvariantCulture));
        return TimeSpan.FromSeconds(ticks / 100.0);
    }

    /// <summary>proc(5): the process id, then all that follows the name in parentheses: state, parent, …, ticks in user mode, ticks in the kernel.</summary>
    private static string[]? Stat(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
            return [text[..text.IndexOf(' ', StringComparison.Ordinal)], .. text[(text.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
