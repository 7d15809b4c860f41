using System.Diagnostics;
using System.Globalization;
using Npgsql;
using PspGateway.Bench.Load;

namespace PspGateway.Bench.Backlogs;

/// <summary>A backlog of reports to Vipps, drained by the floor and by the gateway; and what claims cost with and without finished rows.</summary>
internal static class BacklogCommand
{
    /// <summary>Captures that wait for their turn, so that there is something to claim.</summary>
    private const int DueOperations = 5_000;
    private static readonly TimeSpan DrainWithin = TimeSpan.FromHours(2);

    public static async Task<int> RunAsync(string[] args)
    {
        var settings = new ConfigurationBuilder().AddCommandLine(args).AddEnvironmentVariables().Build();
        var reports = settings.GetValue("reports", 1_000_000);
        var finished = settings.GetValue("finished", 5_000_000);
        var folder = settings["folder"] ?? throw new InvalidOperationException("--folder is missing.");
        var server = settings["ConnectionStrings:Postgres"] ?? throw new InvalidOperationException("ConnectionStrings:Postgres is missing.");

        var counterpartiesUrl = $"http://127.0.0.1:{Ports.Free()}";
        await using var counterparties = new Counterparties(counterpartiesUrl);
        await counterparties.StartAsync();
        var floor = await FloorAsync(await LoadCommand.DatabaseAsync(server, "floor"), counterparties, counterpartiesUrl, reports, folder);

        var connectionString = await LoadCommand.DatabaseAsync(server, "gateway");
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "bench" }.ConnectionString);
        var url = LoadCommand.Address();
        var gatewaySettings = LoadCommand.GatewaySettings(url, counterpartiesUrl, folder);

        // Its first start makes the tables and the merchant.
        await (await StartAsync()).DisposeAsync();
        await BacklogFill.WaitingAsync(database, 0, reports);
        await BacklogFill.DueAsync(database, reports, DueOperations);
        await ClaimCost.PrintAsync(connectionString, $"with {reports} reports waiting and nothing finished");
        await BacklogFill.ExecuteAsync(database, "update operations set due_at = null where due_at is not null");
        await DrainedAsync("gateway", floor);

        await BacklogFill.FinishedAsync(database, reports + DueOperations, finished);
        var from = reports + DueOperations + finished;
        await BacklogFill.WaitingAsync(database, from, reports);
        await BacklogFill.ExecuteAsync(database, "update operations set due_at = now() where finished_at is null");
        await ClaimCost.PrintAsync(connectionString, $"with {reports} reports waiting and {finished + reports} finished operations and reports");
        await BacklogFill.ExecuteAsync(database, "update operations set due_at = null where due_at is not null");
        await DrainedAsync("gateway, among finished", floor);
        return 0;

        Task<Target> StartAsync() => Target.StartAsync("gateway", [Path.Combine(AppContext.BaseDirectory, "PspGateway.dll")], url, connectionString, gatewaySettings, Path.Combine(folder, "gateway.log"));

        async Task DrainedAsync(string name, double ratioTo)
        {
            var before = counterparties.Reported;
            await using var target = await StartAsync();
            await DrainAsync(name, target, counterparties, before, reports, ratioTo);
        }
    }

    private static async Task<double> FloorAsync(string connectionString, Counterparties counterparties, string counterpartiesUrl, int reports, string folder)
    {
        await using var floor = await Target.StartAsync(
            "floor", [Path.Combine(AppContext.BaseDirectory, "PspGateway.Bench.dll"), "floor"], LoadCommand.Address(), connectionString,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Counterparties"] = counterpartiesUrl }, Path.Combine(folder, "floor.log"));
        await using var database = NpgsqlDataSource.Create(connectionString);
        var before = counterparties.Reported;

        // Its worker sees them when they are all there.
        await BacklogFill.ExecuteAsync(database, string.Create(CultureInfo.InvariantCulture, $"insert into reports (payment_id, amount) select gen_random_uuid(), 49900 from generate_series(1, {reports})"));
        return await DrainAsync("floor", floor, counterparties, before, reports, ratioTo: null);
    }

    /// <summary>Reports per second, from the first that Vipps is told to the last.</summary>
    private static async Task<double> DrainAsync(string name, Target target, Counterparties counterparties, long before, int reports, double? ratioTo)
    {
        var waiting = Stopwatch.GetTimestamp();
        while (counterparties.Reported == before && Stopwatch.GetElapsedTime(waiting) < DrainWithin)
        {
            await Task.Delay(10);
        }

        var (started, first) = (Stopwatch.GetTimestamp(), counterparties.Reported - before);
        var memory = new List<long>();
        long told;
        while ((told = counterparties.Reported - before) < reports && Stopwatch.GetElapsedTime(started) < DrainWithin)
        {
            memory.Add(target.Memory() >> 20);
            await Task.Delay(200);
        }

        var rate = (told - first) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        memory.Add(target.Memory() >> 20);
        var ratio = ratioTo is { } floor ? string.Create(CultureInfo.InvariantCulture, $", {rate / floor:0.00}x the floor") : "";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {told} of {reports} reports told, {rate:0}/s{ratio}; memory {memory[memory.Count / 10]} MB after a tenth, {memory[memory.Count / 2]} MB half-way, {memory[^1]} MB at the end, {memory.Max()} MB at most"));
        return rate;
    }
}
