using PspGateway.IntegrationTests.World;
using PspGateway.ProofTests.Books;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Figures;

/// <summary>What is promised in figures; smaller here than by tests/figures.</summary>
public sealed class FigureTests(ITestOutputHelper output)
{
    private static readonly bool Whole = Environment.GetEnvironmentVariable("PROOF_FIGURES") == "all";

    [Fact]
    public async Task Every_answer_is_in_time_and_every_late_approval_undone_however_slow_the_acquirer()
    {
        // So many at once that the caller, both replicas and the database have processor left on two cores: else it is the caller who is late.
        var (payments, slowest, atOnce) = Whole ? (5000, 30, 120) : (100, 13, 40);
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.AsShipped) { Durable = true });
        var shop = new Shop(world);
        var posted = 0;
        var trouble = TroubleAsync(world, () => (double)Volatile.Read(ref posted) / payments);
        await Parallel.ForEachAsync(Enumerable.Range(0, payments), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, _) =>
        {
            // Whole seconds are in the amount, as the simulator's table has them.
            var payment = await shop.CreateAsync(i % (slowest + 1) is > 0 and var seconds ? 800_000 + (seconds * 100) : 49_950, Shop.AReference());
            Interlocked.Increment(ref posted);
            await shop.PostAsync(payment!);
        });
        await trouble;

        var facts = await JudgeAsync(world, shop, $"Acquirer's answers spread over 0 to {slowest} s, database stopped and acquirer silent in between");
        Assert.DoesNotContain(facts.Calls, c => c.Says == "OK" && c.ElapsedMs > 12_500);
    }

    [Fact]
    public async Task A_payment_that_is_posted_fifty_times_at_once_over_two_replicas_is_authorised_once_and_answered_alike()
    {
        var (payments, atOnce) = Whole ? (500, 8) : (20, 4);
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.AsShipped));
        var shop = new Shop(world);
        await Parallel.ForEachAsync(Enumerable.Range(0, payments), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (_, _) =>
        {
            var payment = await shop.CreateAsync(49_950, Shop.AReference()) ?? "";
            var first = shop.PostAsync(payment, mark: call => call with { MustSay = "OK" });
            await Task.Delay(2, CancellationToken.None);
            await Task.WhenAll(Enumerable.Range(0, 49).Select(_ => shop.PostAsync(payment, repeat: true, mark: call => call with { Afterwards = false })).Append(first));
        });

        var facts = await JudgeAsync(world, shop, "Each payment posted fifty times at once");
        Assert.All(facts.Calls.GroupBy(c => c.Payment), calls => Assert.Single(calls.Select(c => c.Body).Distinct()));
        Assert.Equal(payments, Ledger.Read(facts.Books).Values.Sum(l => l.Approvals.Count));
    }

    [Fact]
    public async Task Approval_timeout_and_the_cancels_of_customer_and_merchant_at_once_are_one_decision_and_leave_nothing_live()
    {
        var (payments, atOnce) = Whole ? (1000, 24) : (60, 12);
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.AsShipped));
        var shop = new Shop(world);
        var till = new Till(world, shop);
        await Parallel.ForEachAsync(Enumerable.Range(0, payments), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, _) =>
        {
            var reference = Shop.AReference();
            var payment = await shop.CreateAsync(49_950, reference) ?? "";
            await Task.WhenAll(new[] { "ACCEPTED", "USER_CANCEL", "TIMEOUT", "cancel" }.Select(async (state, place) =>
            {
                await Task.Delay((i * (place + 3)) % 29, CancellationToken.None);
                await (state == "cancel" ? (Task)till.AskAsync(payment, reference, state) : shop.PostAsync(payment, state));
            }));
        });

        var facts = await JudgeAsync(world, shop, "ACCEPTED, USER_CANCEL, TIMEOUT and the merchant's cancel at once", orders: till.Orders);
        Assert.DoesNotContain(Ledger.Read(facts.Books).Values.SelectMany(l => l.Approvals), a => a.Undone is null);
    }

    [Fact]
    public async Task What_a_killed_replica_had_in_flight_is_decided_in_time_and_new_traffic_does_not_notice()
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.AsShipped) { Durable = true });
        var shop = new Shop(world);
        var payments = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => shop.CreateAsync(800_300, Shop.AReference())));
        world.Front.First = 0;
        var calls = payments.Select(p => shop.PostAsync(p!, mark: call => call with { NoAnswerPromised = true })).ToList();
        await Task.Delay(1500);
        await world.A.KillAsync();
        var killed = TimeProvider.System.GetTimestamp();
        world.Front.First = 1;
        await Task.WhenAll(calls);
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (_, _) =>
            await shop.PostAsync(await shop.CreateAsync(49_950, Shop.AReference()) ?? "", mark: call => call with { MustSay = "OK" }));
        await using var connection = world.Connection();
        await connection.OpenAsync();
        await using var undecided = new Npgsql.NpgsqlCommand("select count(*) from payments where state in ('Authorising', 'Approved')", connection);
        while (await undecided.ExecuteScalarAsync() is > 0L && TimeProvider.System.GetElapsedTime(killed) < TimeSpan.FromMinutes(2))
        {
            await Task.Delay(100);
        }

        var took = TimeProvider.System.GetElapsedTime(killed);
        await JudgeAsync(world, shop, "A replica killed with 100 calls in flight", ("all decided", $"{took.TotalSeconds:F1} s after the kill; the lease is {world.Clocks.Lease.TotalSeconds} s"));
        Assert.InRange(took, TimeSpan.Zero, world.Clocks.Lease + TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task The_first_OK_comes_within_five_seconds_of_the_database_being_back()
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.AsShipped) { Durable = true });
        var shop = new Shop(world);
        await shop.PostAsync(await shop.CreateAsync(49_950, Shop.AReference()) ?? "", mark: call => call with { MustSay = "OK" });
        await world.Postgres.StopHardAsync();
        await Task.Delay(3000);
        await world.Postgres.StartAsync();
        var back = TimeProvider.System.GetTimestamp();
        Call call;
        do
        {
            call = await shop.PostAsync(await shop.CreateAsync(49_950, Shop.AReference()) ?? "");
        }
        while (call.Says != "OK" && TimeProvider.System.GetElapsedTime(back) < TimeSpan.FromSeconds(30));

        var took = TimeProvider.System.GetElapsedTime(back);
        await JudgeAsync(world, shop, "The database stopped hard, and back", ("first OK", $"{took.TotalSeconds:F2} s after it was ready"));
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static async Task TroubleAsync(ProofWorld world, Func<double> progress)
    {
        await UntilAsync(() => progress() > 0.4);
        await world.Postgres.StopHardAsync();
        await Task.Delay(5000);
        await world.Postgres.StartAsync();
        await UntilAsync(() => progress() > 0.7);
        world.ToAcquirer.Set(LineFault.Blackhole);
        await Task.Delay(8000);
        world.ToAcquirer.Set(LineFault.None);
    }

    private static async Task UntilAsync(Func<bool> happens)
    {
        for (var tries = 0; tries < 36_000 && !happens(); tries++)
        {
            await Task.Delay(50);
        }
    }

    private async Task<Facts> JudgeAsync(ProofWorld world, Shop shop, string title, (string, string)? figure = null, IReadOnlyList<Order>? orders = null)
    {
        await Quiet.UntilAsync(world, TimeSpan.FromSeconds(120));
        var facts = await Facts.GatherAsync(world, shop.Calls, orders);
        var breaches = InvariantChecker.Check(facts);
        Report.Write(output, title, facts, breaches, figure is { } known ? [known] : []);
        Assert.True(breaches.Count == 0, string.Join('\n', breaches.Take(40)));
        return facts;
    }
}
