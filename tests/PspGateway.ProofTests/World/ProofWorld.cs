using System.Net;
using Npgsql;
using PspGateway.IntegrationTests.World;

namespace PspGateway.ProofTests.World;

/// <summary>The clocks of a proof: the gateway's own, shortened so that a day fits into a minute.</summary>
internal sealed record Clocks(TimeSpan AcquirerTimeout, TimeSpan StopWaiting, TimeSpan AnswerBy, TimeSpan Lease, TimeSpan ProofAfter, TimeSpan ExpireAfter)
{
    /// <summary>As in production, but for the lease and the proof, which are waited for.</summary>
    public static Clocks AsShipped { get; } = new(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(13), TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(2));

    public static Clocks Short { get; } = new(TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));

    /// <summary>A lease longer than any answer takes, as in production: nobody takes over what still runs.</summary>
    public static Clocks Chaos { get; } = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(30));

    /// <summary>
    /// Vipps waits 15 s and a lease is 30: whoever takes an OK back because its lease has ended, does so when nobody listens for it any more. A process that
    /// freezes with an OK in its hands relies on that.
    /// </summary>
    public TimeSpan HangsUpAfter => AnswerWithin < Lease ? (AnswerWithin + Lease) / 2 : TimeSpan.FromSeconds(15);

    /// <summary>As the caller sees it.</summary>
    public TimeSpan AnswerWithin => AnswerBy + TimeSpan.FromSeconds(0.5);
}

internal sealed record WorldOptions(Clocks Clocks)
{
    public bool Durable { get; init; }

    public string? PlantedBug { get; init; }

    /// <summary>How wrong the replicas' wall clocks are, first and second.</summary>
    public (TimeSpan First, TimeSpan Second) ClockOffsets { get; init; }

    /// <summary>Failpoints will stall, and a stall blocks its thread: the others must not have to wait for a new one.</summary>
    public bool Stalls { get; init; }

    public int NotificationDelayMs { get; init; } = 50;
}

/// <summary>Two replicas of the gateway, a Postgres, the simulated others with their books, each a process, and the network between them.</summary>
internal sealed class ProofWorld : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pspgateway-proof-").FullName;
    private readonly WorldOptions _options;
    private readonly List<IAsyncDisposable> _parts = [];

    private ProofWorld(WorldOptions options) => _options = options;

    public Clocks Clocks => _options.Clocks;

    public HttpClient Http { get; } = new(new SocketsHttpHandler { MaxConnectionsPerServer = 4000, ConnectTimeout = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(60) };

    public OwnPostgres Postgres { get; private set; } = null!;

    public Child Simulator { get; private set; } = null!;

    public Replica A { get; private set; } = null!;

    public Replica B { get; private set; } = null!;

    public IReadOnlyList<Replica> Replicas => [A, B];

    public TcpLine ToPostgres { get; private set; } = null!;

    public TcpLine ToAcquirer { get; private set; } = null!;

    public TcpLine ToVipps { get; private set; } = null!;

    /// <summary>Where the others reach whichever replica is there.</summary>
    public TcpLine Front { get; private set; } = null!;

    public string BooksFile => Path.Combine(_folder, "books.jsonl");

    public string RefusalFolder => Path.Combine(_folder, "keys", "refusals");

    public string FiredFile => Path.Combine(_folder, "fired.txt");

    public static async Task<ProofWorld> StartAsync(WorldOptions options)
    {
        Assert.SkipWhen(OwnPostgres.Programs is null, "PostgreSQL's programs are not on this machine: a proof stops and starts a server of its own.");
        var world = new ProofWorld(options);
        await world.StartAsync();
        return world;
    }

    public NpgsqlConnection Connection() => new(Postgres.ConnectionString + ";Pooling=false;Timeout=10");

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts.AsEnumerable().Reverse())
        {
            await part.DisposeAsync();
        }

        Http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        Postgres = Add(await OwnPostgres.StartAsync(_options.Durable));
        var simulator = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var (first, second) = (Ports.Free(), Ports.Free());
        ToPostgres = Add(new TcpLine(Local(Postgres.Port)));
        ToAcquirer = Add(new TcpLine(Local(simulator.Port)));
        ToVipps = Add(new TcpLine(Local(simulator.Port)));
        Front = Add(new TcpLine(Local(first), Local(second)));
        Simulator = Add(new Child(Programs.Simulator, simulator, "health", OfTheSimulator(), Http));
        A = Add(new Replica("A", new Uri($"http://127.0.0.1:{first}"), OfReplica(_options.ClockOffsets.First), Http));
        B = Add(new Replica("B", new Uri($"http://127.0.0.1:{second}"), OfReplica(_options.ClockOffsets.Second), Http));
        await Simulator.StartAsync();
        await A.StartAsync();
        await B.StartAsync();
    }

    private Dictionary<string, string?> OfTheSimulator() => new(StringComparer.Ordinal)
    {
        ["Simulator:GatewayBaseUrl"] = Front.Url.AbsoluteUri,
        ["Simulator:CallbackTimeout"] = Clocks.HangsUpAfter.ToString("c"),
        ["Simulator:MerchantSerialNumbers:0"] = Settings.Merchant,
        ["Simulator:NotificationDelay"] = TimeSpan.FromMilliseconds(_options.NotificationDelayMs).ToString("c"),
        ["Simulator:NotificationTimeout"] = "00:00:03",
        ["Simulator:NotificationTries"] = "100",
        ["Simulator:BooksFile"] = BooksFile,

        // Its books are put to disk one after the other, which takes a thread; the clock of whoever waits for an answer must not wait for one.
        ["DOTNET_ThreadPool_ForceMinWorkerThreads"] = "20",
    };

    private Dictionary<string, string?> OfReplica(TimeSpan clockOffset)
    {
        var settings = Settings.For($"Host=127.0.0.1;Port={ToPostgres.Port};Database=postgres;Username=postgres;Timeout=3", Front.Url, ToVipps.Url, Path.Combine(_folder, "keys"));
        settings["Acquirer:Adyen:BaseUrl"] = new Uri(ToAcquirer.Url, "adyen/v72").AbsoluteUri;
        settings["Deadlines:AcquirerTimeout"] = Clocks.AcquirerTimeout.ToString("c");
        settings["Deadlines:StopWaiting"] = Clocks.StopWaiting.ToString("c");
        settings["Deadlines:AnswerBy"] = Clocks.AnswerBy.ToString("c");
        settings["Operations:Lease"] = Clocks.Lease.ToString("c");
        settings["Operations:ProofAfter"] = Clocks.ProofAfter.ToString("c");
        settings["Operations:Poll"] = Clocks == Clocks.AsShipped ? "00:00:01" : "00:00:00.300";
        foreach (var (i, seconds) in new[] { 0, 1, 2, 4, 8, 12, 16, 20 }.Index())
        {
            settings[$"Operations:Backoff:{i}"] = TimeSpan.FromSeconds(seconds).ToString("c");
        }

        settings["Payments:ExpireAfter"] = Clocks.ExpireAfter.ToString("c");
        settings["Serilog:MinimumLevel:Default"] = Environment.GetEnvironmentVariable("PROOF_LOG") is { Length: > 0 } ? Environment.GetEnvironmentVariable("PROOF_LOG_LEVEL") ?? "Information" : "Fatal";
        settings["FAILPOINTS_PORT"] = Ports.Free().ToString();
        settings["FAILPOINTS_LOG"] = FiredFile;
        settings["PLANTED_BUG"] = _options.PlantedBug;
        settings["CLOCK_OFFSET"] = clockOffset.ToString("c");
        if (_options.Stalls)
        {
            settings["DOTNET_ThreadPool_ForceMinWorkerThreads"] = "200";
        }

        return settings;
    }

    private T Add<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }

    private static IPEndPoint Local(int port) => new(IPAddress.Loopback, port);
}
