namespace PspGateway.Tests.Simulation;

/// <summary>The engine under a seed: crashes, stops, a database and an acquirer that fail in every way, and the books at the end.</summary>
public sealed class SimulationTests
{
    private static int First => int.TryParse(Environment.GetEnvironmentVariable("SIMULATION_FIRST"), out var first) ? first : 0;

    private static int Seeds => int.TryParse(Environment.GetEnvironmentVariable("SIMULATION_SEEDS"), out var seeds) ? seeds : 1000;

    [Fact]
    public void No_seed_breaches_an_invariant()
    {
        var results = new RunResult[Seeds];
        Parallel.For(0, Seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, at => results[at] = SimulatedRun.Of(First + at));

        var breached = results.Where(r => r.Breaches.Count > 0).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Seeds} seeds: {results.Sum(r => r.Approved)} OK, {results.Sum(r => r.Reversed)} reversed, {results.Sum(r => r.Doubtful)} withdrawn, {results.Sum(r => r.Modified)} captures, refunds and cancels, {results.Sum(r => r.Kills)} kills, {results.Sum(r => r.Steps)} steps");
        Assert.True(breached.Count == 0, $"{breached.Count} of {Seeds} seeds:\n{string.Join('\n', breached.Take(10).SelectMany(r => r.Breaches))}\n{(breached.Count > 0 ? breached[0].Story : "")}");
    }

    [Fact]
    public void A_seed_gives_the_same_run_each_time()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            Assert.Equal(SimulatedRun.Of(seed).StoryHash, SimulatedRun.Of(seed).StoryHash);
        }

        Assert.NotEqual(SimulatedRun.Of(1).StoryHash, SimulatedRun.Of(2).StoryHash);
    }

    /// <summary>The control: each of these stores has one fault, and a few thousand seeds must find it.</summary>
    [Theory]
    [InlineData("forgets to erase the token", "I8")]
    [InlineData("overwrites a decision", "I6")]
    [InlineData("ends a reversal without proof", "I2")]
    [InlineData("believes that nothing was sent", "I2")]
    [InlineData("accepts a second token", "I1")]
    [InlineData("lets a merchant's cancel undo nothing", "I6")]
    [InlineData("gives nothing back", "I4")]
    [InlineData("counts nothing", "I4")]
    [InlineData("ends what was only received", "I4")]
    public void A_fault_of_the_store_is_found(string fault, string invariant)
    {
        Func<Func<long>, ModelStore> store = fault switch
        {
            "forgets to erase the token" => now => new ForgetfulStore(now),
            "overwrites a decision" => now => new OverwritingStore(now),
            "ends a reversal without proof" => now => new HastyStore(now),
            "believes that nothing was sent" => now => new HopefulStore(now),
            "lets a merchant's cancel undo nothing" => now => new CarelessStore(now),
            "gives nothing back" => now => new GreedyStore(now),
            "counts nothing" => now => new CountlessStore(now),
            "ends what was only received" => now => new TrustingStore(now),
            _ => now => new AcceptingStore(now),
        };

        var found = Enumerable.Range(0, 4000).SelectMany(seed => SimulatedRun.Of(seed, store).Breaches).Any(breach => breach.Contains($": {invariant}", StringComparison.Ordinal));

        Assert.True(found, $"No seed breaches {invariant} with a store that {fault}.");
    }

    [Fact]
    public void What_was_answered_without_a_database_and_goes_with_its_process_is_missed()
    {
        var found = Enumerable.Range(0, 4000).SelectMany(seed => SimulatedRun.Of(seed, forgets: true).Breaches).FirstOrDefault();

        Assert.Contains(": I2: money is held that Vipps has no OK for", found, StringComparison.Ordinal);
    }
}
