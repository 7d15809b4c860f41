using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PspGateway.Simulator;

namespace PspGateway.IntegrationTests.World;

/// <summary>
/// A gateway, the simulated Vipps and acquirer, and a database of their own, talking HTTP over loopback. What the tests assert is what
/// the other side's books say.
/// </summary>
public class TestWorld(TestPostgres postgres) : IAsyncLifetime
{
    private readonly List<WebApplication> _gateways = [];
    private readonly string _keyFolder = Path.Combine(Path.GetTempPath(), $"pspgateway-keys-{Guid.NewGuid():N}");
    private WebApplication? _simulator;

    /// <summary>Settings on top of the usual ones.</summary>
    protected virtual IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>The same for the simulator.</summary>
    protected virtual IReadOnlyDictionary<string, string?> SimulatorOverrides => new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>How many gateways share the database; 0 when the test starts processes of its own.</summary>
    protected virtual int Replicas => 1;

    public TestPostgres Postgres { get; } = postgres;

    /// <summary>Whether there is a line between the gateways and the database.</summary>
    protected virtual bool OnALine => false;

    internal PostgresLine Line { get; private set; } = null!;

    public string Database { get; private set; } = "";

    public Uri GatewayUrl { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    public Uri SecondGatewayUrl { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    public Uri SimulatorUrl { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    internal Dictionary<string, string?> GatewaySettings { get; private set; } = [];

    internal MerchantClient Merchant { get; private set; } = null!;

    internal VippsDesk Vipps { get; private set; } = null!;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    public async ValueTask InitializeAsync()
    {
        Database = await Postgres.CreateDatabaseAsync();
        GatewaySettings = Settings.For(OnALine ? (Line = new PostgresLine(Database)).ConnectionString : Database, GatewayUrl, SimulatorUrl, _keyFolder);
        foreach (var (key, value) in Overrides)
        {
            GatewaySettings[key] = value;
        }

        _simulator = SimulatorApp.Build([], builder =>
        {
            builder.WebHost.UseUrls(SimulatorUrl.AbsoluteUri);
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Simulator:GatewayBaseUrl"] = GatewayUrl.AbsoluteUri,
                ["Simulator:MerchantSerialNumbers:0"] = Settings.Merchant,
                ["Simulator:MerchantSerialNumbers:1"] = Settings.OtherMerchant,
                ["Simulator:MerchantSerialNumbers:2"] = Settings.AddedMerchant,
                ["Simulator:NotificationDelay"] = "00:00:00.050",
            });
            builder.Configuration.AddInMemoryCollection(SimulatorOverrides);
        });
        await _simulator.StartAsync();
        for (var i = 0; i < Replicas; i++)
        {
            await StartGatewayAsync(i == 0 ? GatewayUrl : SecondGatewayUrl);
        }

        Merchant = new MerchantClient(Http, GatewayUrl, Settings.Merchant, Settings.ClientId, Settings.ClientSecret);
        Vipps = new VippsDesk(Http, SimulatorUrl);
    }

    public virtual async ValueTask DisposeAsync()
    {
        Line?.ComeBack();
        await StopGatewaysAsync();
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        if (Line is not null)
        {
            await Line.DisposeAsync();
        }

        if (_simulator is not null)
        {
            await _simulator.StopAsync();
            await _simulator.DisposeAsync();
        }

        Http.Dispose();
        if (Directory.Exists(_keyFolder))
        {
            Directory.Delete(_keyFolder, recursive: true);
        }

        GC.SuppressFinalize(this);
    }

    public Task StopGatewaysAsync() => Task.WhenAll(_gateways.Select(g => g.StopAsync()));

    public T Service<T>()
        where T : notnull => _gateways[0].Services.GetRequiredService<T>();

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException($"Nothing: {sql}"));
    }

    public async Task<IReadOnlyList<T>> QueryAllAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetFieldValue<T>(0));
        }

        return values;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Both books of one payment.</summary>
    public async Task<Books> BooksAsync(string pspTransactionId) =>
        new(JsonNode.Parse(await Http.GetStringAsync(new Uri(SimulatorUrl, $"books?pspTransactionId={pspTransactionId}")))!.AsObject());

    public Task UntilAuthorisingAsync(string pspTransactionId) => EventuallyAsync(
        async () => await QueryAsync<string>($"select state from payments where id = '{Guid.Parse(pspTransactionId)}'") == "Authorising", what: "the accept");

    public Task UntilReversedAsync(string pspTransactionId, double seconds = 20) => EventuallyAsync(
        async () => await BooksAsync(pspTransactionId) is { Authorisations.Count: > 0, Live: 0 }
            && await QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(pspTransactionId)}' and kind = 'Reverse' and finished_at is not null and parked_at is null") == 1,
        seconds,
        "the reversal and its end");

    /// <summary>Waits for what happens by itself, at most <paramref name="seconds"/>.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> happens, double seconds = 20, string what = "what was waited for")
    {
        var until = TimeProvider.System.GetTimestamp() + (long)(seconds * TimeProvider.System.TimestampFrequency);
        while (!await happens())
        {
            Assert.True(TimeProvider.System.GetTimestamp() < until, $"{what} did not happen within {seconds} s.");
            await Task.Delay(50);
        }
    }

    private async Task StartGatewayAsync(Uri url)
    {
        var gateway = GatewayApp.Build([], builder =>
        {
            builder.Environment.EnvironmentName = "Production";
            builder.WebHost.UseUrls(url.AbsoluteUri);
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Serilog:MinimumLevel:Default"] = "Fatal" });
            builder.Configuration.AddInMemoryCollection(GatewaySettings);
        });
        await gateway.StartAsync();
        _gateways.Add(gateway);
    }
}
