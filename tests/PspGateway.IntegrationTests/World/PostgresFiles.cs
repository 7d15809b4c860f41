using System.Diagnostics;
using Npgsql;

namespace PspGateway.IntegrationTests.World;

/// <summary>What a database leaves outside itself: a dump, its data files, the write-ahead log, the server's log.</summary>
internal sealed class PostgresFiles(string connectionString)
{
    /// <summary>As pg_dump writes it, whole; null where the server's programs are not on this machine.</summary>
    public async Task<byte[]?> DumpAsync()
    {
        var program = Path.Combine(await AskAsync("select setting from pg_config where name = 'BINDIR'"), "pg_dump");
        if (!File.Exists(program))
        {
            return null;
        }

        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(program, ["--inserts", "-h", settings.Host ?? "", "-p", settings.Port.ToString(), "-U", settings.Username ?? "", settings.Database ?? ""]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["PGPASSWORD"] = settings.Password;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("pg_dump did not start.");
        using var dump = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(dump);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return dump.ToArray();
    }

    /// <summary>The files of the database, of the write-ahead log and the server's log, by what they are; empty where this machine cannot read them.</summary>
    public async Task<IReadOnlyList<(string Kind, string Path)>> ListAsync()
    {
        var folder = await AskAsync("show data_directory");
        try
        {
            await AskAsync("select 'done' from (select pg_switch_wal()) s");
            await using var connection = await OpenAsync();
            await using var checkpoint = new NpgsqlCommand("checkpoint", connection);
            await checkpoint.ExecuteNonQueryAsync();
            var own = await AskAsync("select oid::text from pg_database where datname = current_database()");
            return
            [
                .. Directory.EnumerateFiles(Path.Combine(folder, "base", own)).Select(f => ("data files", f)),
                .. Directory.EnumerateFiles(Path.Combine(folder, "pg_wal")).Select(f => ("write-ahead log", f)),
                .. Directory.EnumerateFiles(Path.Combine(folder, ".."), "*.log").Select(f => ("server log", f)),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public async Task<string> AskAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync() ?? "");
    }

    /// <summary>A file of a running server: it may grow or go while it is read.</summary>
    public static byte[] Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }
}
