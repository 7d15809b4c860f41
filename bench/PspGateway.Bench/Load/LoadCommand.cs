using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace PspGateway.Bench.Load;

/// <summary>Measures the floor and the gateway in turn, on the same server, and prints the table.</summary>
internal static class LoadCommand
{
    private const int WarmUp = 3000;
    private static readonly int[] WarmUpWidths = [64, 16, 4, 1];

    // About the same time for each cell on the machine the limits were chosen on.
    private static readonly Cell[] Cells =
    [
        new(1, TimeSpan.Zero, 600), new(16, TimeSpan.Zero, 3000), new(64, TimeSpan.Zero, 6000), new(256, TimeSpan.Zero, 6000),
        new(1, TimeSpan.FromMilliseconds(200), 20), new(16, TimeSpan.FromMilliseconds(200), 400), new(64, TimeSpan.FromMilliseconds(200), 1600), new(256, TimeSpan.FromMilliseconds(200), 5000),
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        var settings = new ConfigurationBuilder().AddCommandLine(args).AddEnvironmentVariables().Build();
        var rounds = settings.GetValue("rounds", 3);
        var finished = settings.GetValue("finished", 0);
        var soak = settings.GetValue("soak", 0);
        var only = settings["only"];
        var folder = settings["folder"] ?? throw new InvalidOperationException("--folder is missing.");
        var server = settings["ConnectionStrings:Postgres"] ?? throw new InvalidOperationException("ConnectionStrings:Postgres is missing.");

        var counterpartiesUrl = $"http://127.0.0.1:{Ports.Free()}";
        await using var counterparties = new Counterparties(counterpartiesUrl);
        await counterparties.StartAsync();
        await using var floor = await Target.StartAsync(
            "floor", [Path.Combine(AppContext.BaseDirectory, "PspGateway.Bench.dll"), "floor"], Address(), await DatabaseAsync(server, "floor"),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Counterparties"] = counterpartiesUrl }, Path.Combine(folder, "floor.log"));
        var gatewayUrl = Address();
        await using var gateway = await Target.StartAsync(
            "gateway", [Path.Combine(AppContext.BaseDirectory, "PspGateway.dll")], gatewayUrl, await DatabaseAsync(server, "gateway"),
            GatewaySettings(gatewayUrl, counterpartiesUrl, folder), Path.Combine(folder, "gateway.log"));
        using var floorShop = new Shop(floor.Url, counterparties);
        using var gatewayShop = new Shop(gateway.Url, counterparties);
        await gatewayShop.SignInAsync();

        (Target Target, Shop Shop)[] both = [(floor, floorShop), (gateway, gatewayShop)];
        foreach (var (target, shop) in both)
        {
            // Until the runtime has compiled what is hot for good: a gateway runs for weeks.
            foreach (var width in WarmUpWidths)
            {
                await Measurement.RunAsync(target, shop, counterparties, new Cell(width, TimeSpan.Zero, WarmUp));
            }

            await FinishedPayments.FillAsync(target, finished);
        }

        Table.Head();
        foreach (var cell in Cells.Where(c => only is null || only.Split(',').Contains($"{c.Width}/{c.AcquirerDelay.TotalMilliseconds:0}", StringComparer.Ordinal)))
        {
            var figures = both.Select(_ => new List<Figures>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                // In turn, and the other one first each time.
                foreach (var i in round % 2 == 0 ? new[] { 0, 1 } : [1, 0])
                {
                    figures[i].Add(await Measurement.RunAsync(both[i].Target, both[i].Shop, counterparties, cell));
                }
            }

            Table.Rows(cell, Measurement.Median(figures[0]), Measurement.Median(figures[1]));
        }

        if (soak > 0)
        {
            var figures = await Measurement.RunAsync(gateway, gatewayShop, counterparties, new Cell(64, TimeSpan.Zero, soak));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"After {soak} more payments, 64 wide: the gateway's resident memory is {figures.MemoryMb:0} MB, p99 {figures.P99:0} ms, {figures.PerSecond:0} payments/s, {figures.CpuMs:0.00} + {figures.ServerCpuMs:0.00} ms of processor per payment."));
        }

        return 0;
    }

    public static Uri Address() => new($"http://127.0.0.1:{Ports.Free()}");

    public static async Task<string> DatabaseAsync(string server, string name)
    {
        await using var database = NpgsqlDataSource.Create(server);
        foreach (var sql in new[] { $"drop database if exists {name} with (force)", $"create database {name}" })
        {
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    public static Dictionary<string, string> GatewaySettings(Uri gateway, string counterparties, string folder) => new(StringComparer.Ordinal)
    {
        ["Gateway:PublicBaseUrl"] = gateway.AbsoluteUri,
        ["Vipps:BaseUrl"] = counterparties,
        ["Vipps:ClientId"] = "bench",
        ["Vipps:ClientSecret"] = "bench",
        ["Vipps:SubscriptionKey"] = "bench",
        ["Vipps:PspId"] = "C948DFD1546347568874C4DDC93A2E3C",
        ["Acquirer:Adyen:BaseUrl"] = counterparties + "/adyen/v72",
        ["Acquirer:Adyen:ApiKey"] = "bench",
        ["Acquirer:Adyen:MerchantAccount"] = "Bench",
        ["Acquirer:Adyen:WebhookHmacKey"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(32)),
        ["MakePayment:SigningKeys:0:Id"] = "b1",
        ["MakePayment:SigningKeys:0:Key"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        ["Vault:MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        ["Vault:KeyFolder"] = Path.Combine(folder, $"keys-{Guid.NewGuid():N}"),
        ["Merchants:0:MerchantSerialNumber"] = Shop.Merchant,
        ["Merchants:0:Name"] = "Bench",
        ["Merchants:0:ClientId"] = Shop.ClientId,
        ["Merchants:0:ClientSecret"] = Shop.ClientSecret,
        ["Merchants:0:SubscriptionKey"] = Shop.SubscriptionKey,
        ["Merchants:0:ReturnUrlOrigins:0"] = "https://shop.example",
    };
}
