using System.Diagnostics;
using PspGateway.IntegrationTests.World;
using PspGateway.ProofTests.Books;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Failpoints;

/// <summary>What makes green believable: each of twelve bugs is noticed by the proofs, and the same run without a bug has nothing to notice.</summary>
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private const string NoBug = "none";

    /// <summary>PROOF_BUGS: all, or the names of some.</summary>
    private static readonly string Asked = Environment.GetEnvironmentVariable("PROOF_BUGS") ?? "forget-to-erase";

    /// <summary>Each with the rules of which at least one must be broken.</summary>
    private static readonly IReadOnlyList<(string Bug, string Rules)> InProcesses =
    [
        ("skip-the-fence", "I3 I4 I6"),
        ("answer-before-the-commit", "I2 I3"),
        ("resend-under-a-new-key", "I2 I9"),
        ("forget-to-erase", "I8"),
        ("ok-after-the-deadline", "I11"),
        ("plain-comparison-of-tokens", "forged"),
        ("notification-over-a-lease", "truth"),
        ("retry-on-writes", "create"),
        ("leases-by-local-clock", "truth"),
        ("recompose-a-batch", "I5"),
        ("keep-a-failed-amount", "I4"),
    ];

    /// <summary>Each takes half a minute: one here, all by tests/planted-bugs, with the control, a run without a bug.</summary>
    public static TheoryData<string, string> Tried() => [.. InProcesses.Append((Bug: NoBug, Rules: "")).Where(b => Asked is "all" || Asked.Split(',').Contains(b.Bug))];

    [Theory]
    [MemberData(nameof(Tried))]
    public async Task A_planted_bug_is_caught(string bug, string rules)
    {
        var breaches = await ProveAsync(bug);
        if (bug == NoBug)
        {
            Report.Line(output, $"  {(breaches.Count == 0 ? "✓ nothing found where there is no bug" : $"✗ found without a bug: {breaches[0]}")}");
            Assert.Empty(breaches);
            return;
        }

        output.WriteLine($"{bug}: {string.Join('\n', breaches.Take(10))}");
        Report.Line(output, $"  {(breaches.Any(b => rules.Split(' ').Contains(b.Rule)) ? "✓ caught" : "✗ missed")}  {bug,-28} {breaches.FirstOrDefault(b => rules.Split(' ').Contains(b.Rule))}");
        Assert.Contains(breaches, b => rules.Split(' ').Contains(b.Rule));
    }

    /// <summary>No process reads a sealed token back yet, so the small tests of the vault are the proof. They are run against the bug, and without it.</summary>
    [Theory]
    [InlineData("no-additional-data", 1)]
    [InlineData("", 0)]
    public async Task A_vault_that_binds_a_token_to_nothing_is_caught_by_its_tests(string bug, int exitCode)
    {
        var start = new ProcessStartInfo("dotnet", [Programs.SmallTests, "-class", "*.TokenVaultTests", "-noLogo"]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["PLANTED_BUG"] = bug;
        using var tests = Process.Start(start) ?? throw new InvalidOperationException("The small tests did not start.");
        var said = await tests.StandardOutput.ReadToEndAsync();
        await tests.WaitForExitAsync();

        Report.Line(output, bug.Length == 0 ? "  ✓ the vault's tests pass without a bug" : $"  {(tests.ExitCode == 0 ? "✗ missed" : "✓ caught")}  {bug,-28} TokenVaultTests");
        Assert.True(Math.Min(tests.ExitCode, 1) == exitCode, said);
    }

    [Fact]
    public void There_are_twelve_of_them() => Assert.Equal(PlantedBugs.Names.Order(StringComparer.Ordinal), InProcesses.Select(b => b.Bug).Append("no-additional-data").Order(StringComparer.Ordinal));

    private static async Task<IReadOnlyList<Breach>> ProveAsync(string bug)
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.Short) { Stalls = true, PlantedBug = bug == NoBug ? null : bug, ClockOffsets = (TimeSpan.Zero, TimeSpan.FromMinutes(10)) });
        var shop = new Shop(world);
        if (await shop.TryCreateOnceAsync(49_950) is { } refused)
        {
            return [new Breach("create", "-", $"a create was answered {refused}")];
        }

        var till = new Till(world, shop);
        var proof = new ShortProof(world, shop, till);
        await proof.RunAsync();
        await Quiet.UntilAsync(world, TimeSpan.FromSeconds(45));
        var facts = await Facts.GatherAsync(world, shop.Calls, till.Orders);
        return [.. InvariantChecker.Check(facts), .. proof.Forgeries];
    }
}
