using PspGateway.ProofTests.Books;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Chaotic;

/// <summary>Half a minute here; as long as wanted by tests/chaos.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static readonly double Minutes = double.Parse(Environment.GetEnvironmentVariable("PROOF_MINUTES") ?? "0.3");
    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("PROOF_SEED") ?? "1");
    private static readonly int Customers = int.Parse(Environment.GetEnvironmentVariable("PROOF_CUSTOMERS") ?? "24");

    [Fact]
    public async Task Nothing_is_lost_and_nothing_happens_twice_while_everything_fails()
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.Chaos) { Durable = true, ClockOffsets = (TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(-10)) });
        var shop = new Shop(world);
        var till = new Till(world, shop);
        var chaos = new Chaos(world, shop, till, Seed, TimeSpan.FromMinutes(Minutes), Customers);
        await chaos.RunAsync();
        await Quiet.UntilAsync(world, TimeSpan.FromSeconds(150));
        await Quiet.RepeatAsync(world, shop, 2000);
        await till.RepeatAsync(2000);
        var facts = await Facts.GatherAsync(world, shop.Calls, till.Orders);
        var breaches = InvariantChecker.Check(facts);

        Report.Write(output, $"Chaos, {Minutes} min, seed {Seed}, clocks ten minutes fast and slow", facts, breaches,
        [
            ("kills", $"{chaos.Kills}"), ("database stopped hard", $"{chaos.DatabaseRestarts}"), ("answers in files only", $"{chaos.AnswersInFiles}"), ("replicas frozen", $"{chaos.Freezes}"),
            ("network faults", $"{chaos.NetworkFaults}"), ("acquirer's faults", $"{chaos.AcquirerFaults}"),
        ]);
        Assert.True(breaches.Count == 0, string.Join('\n', breaches.Take(40)));
        Assert.True(Minutes < 5 || chaos.AnswersInFiles > 0, "Nothing was answered without a database and a process to remember it.");
        Assert.True(chaos is { Kills: > 0, Payments: > 50 } && till.Orders.Count(o => o.Accepted) > 10, $"{chaos.Kills} kills, {chaos.Payments} payments and {till.Orders.Count} captures, refunds and cancels are no chaos.");
    }
}
