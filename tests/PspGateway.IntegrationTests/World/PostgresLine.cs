using System.Net;
using Npgsql;

namespace PspGateway.IntegrationTests.World;

/// <summary>The line between a gateway and its Postgres.</summary>
internal sealed class PostgresLine : IAsyncDisposable
{
    private readonly TcpLine _line;

    public PostgresLine(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var host = settings.Host is { } name && IPAddress.TryParse(name, out var address) ? address : Dns.GetHostAddresses(settings.Host ?? "127.0.0.1")[0];
        _line = new TcpLine(new IPEndPoint(host, settings.Port));
        (settings.Host, settings.Port) = ("127.0.0.1", _line.Port);
        ConnectionString = settings.ConnectionString;
    }

    /// <summary>The same database, through this line.</summary>
    public string ConnectionString { get; }

    public void GoSilent() => _line.Set(LineFault.Blackhole);

    /// <summary>What is asked still arrives and is done; only its confirmation does not come.</summary>
    public void LoseAnswers() => _line.Set(LineFault.LoseAnswers);

    /// <summary>Connections break, and no new one can be made.</summary>
    public void Break() => _line.Set(LineFault.Reset);

    public void ComeBack() => _line.Set(LineFault.None);

    public ValueTask DisposeAsync() => _line.DisposeAsync();
}
