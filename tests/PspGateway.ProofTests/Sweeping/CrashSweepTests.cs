using PspGateway.ProofTests.Books;
using PspGateway.ProofTests.Failpoints;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Sweeping;

/// <summary>Every failpoint x {kill, throw, stall} x {approve, decline, soft decline}, or x {capture, refund, cancel}. A slice here, all of it by tests/sweep.</summary>
public sealed class CrashSweepTests(ITestOutputHelper output)
{
    private static readonly string[] Slice = ["authorise.after-answer", "authenticate.after-answer", "modify.after-answer"];

    /// <summary>PROOF_SWEEP: all, or the names of some failpoints; their beginnings are enough.</summary>
    private static string[] Asked => (Environment.GetEnvironmentVariable("PROOF_SWEEP") ?? string.Join(',', Slice)).Split(',');

    private static bool Whole => Environment.GetEnvironmentVariable("PROOF_SWEEP") == "all";

    /// <summary>Longer than a lease and than any answer may take, as 20 s are in production.</summary>
    private static TimeSpan Stall => TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("PROOF_STALL") ?? "6"));

    [Fact]
    public async Task No_payment_is_hurt_wherever_the_gateway_is_killed_throws_or_stalls()
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.Short) { Stalls = true });
        var shop = new Shop(world);
        var till = new Till(world, shop);
        var places = FailpointCatalogue.Places.Where(p => Whole || Asked.Any(a => p.Name.StartsWith(a, StringComparison.Ordinal))).ToList();
        var cases = Enum.GetValues<Blow>().SelectMany(blow => Case.Of(places, blow)).ToList();
        List<Case> missed = [];
        IReadOnlyList<Case> tried;
        var kills = 0;
        await using (var sweep = new Sweep(world, shop, till, Stall))
        {
            foreach (var blow in new[] { Blow.Throw, Blow.Stall, Blow.Kill })
            {
                missed.AddRange(await sweep.RunAsync([.. cases.Where(c => c.Blow == blow)]));
            }

            await Quiet.UntilAsync(world, TimeSpan.FromSeconds(90));
            (kills, tried) = (sweep.Kills, sweep.Tried);
        }

        await Quiet.RepeatAsync(world, shop, int.MaxValue);
        await till.RepeatAsync(int.MaxValue);
        var facts = await Facts.GatherAsync(world, shop.Calls, till.Orders);
        var breaches = InvariantChecker.Check(facts).Select(b => b with { What = $"{b.What} ({tried.FirstOrDefault(c => c.Payment == b.Payment)})" }).ToList();

        Report.Write(output, "Crash sweep", facts, breaches, [("failpoints", $"{places.Count}"), ("cases", $"{cases.Count}"), ("reached", $"{cases.Count - missed.Count}"), ("kills", $"{kills}")]);
        Report.Line(output, missed.Count == 0 ? "" : $"  never reached: {string.Join(", ", missed)}");
        Assert.True(breaches.Count == 0, string.Join('\n', breaches.Take(40)));
        Assert.True(missed.Count == 0, $"Never reached: {string.Join(", ", missed)}");
    }
}
