using Npgsql;
using PspGateway.ProofTests.Books;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Leases;

/// <summary>ENGINE 25: whoever was stopped for longer than its lease, and goes on, finds its work taken over and changes nothing.</summary>
public sealed class StalledProcessTests
{
    private const string WhatIsWritten = """
        select concat((select jsonb_build_object('state', state, 'operation', authorise_operation_id) from payments where id = @id)::text
            , (select jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'status', status, 'answer', answer, 'generation', generation, 'reference', acquirer_reference, 'finished', finished_at) order by id) from operations where payment_id = @id)::text
            , (select jsonb_agg(jsonb_build_object('name', name, 'at', at) order by at, id) from payment_events where payment_id = @id)::text)
        """;

    /// <summary>With its control where PROOF_BUGS is "all": without the fence it does write.</summary>
    public static TheoryData<string?, bool> Tried() => Environment.GetEnvironmentVariable("PROOF_BUGS") == "all" ? new() { { null, false }, { "skip-the-fence", true } } : new() { { null, false } };

    [Theory]
    [MemberData(nameof(Tried))]
    public async Task A_process_that_is_stopped_past_its_lease_writes_nothing_when_it_goes_on(string? bug, bool writes)
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.Short) { Stalls = true, PlantedBug = bug });
        var shop = new Shop(world);
        var payment = await shop.CreateAsync(49_950, Shop.AReference()) ?? throw new InvalidOperationException("Not created.");
        world.Front.First = 0;

        // A moment in which it has the approval in its hands and has not written it.
        await world.A.ArmAsync("outcome.before-commit", payment, "stall", TimeSpan.FromSeconds(1));
        var call = shop.PostAsync(payment, mark: c => c with { NoAnswerPromised = true });
        await UntilAsync(() => File.Exists(world.FiredFile) && File.ReadAllText(world.FiredFile).Contains(payment, StringComparison.Ordinal));
        await world.A.FreezeAsync();
        world.Front.First = 1;

        // The other replica finds the lease ended, answers for it and undoes the approval.
        await Quiet.UntilAsync(world, TimeSpan.FromSeconds(60));
        var before = await WrittenAsync(world, payment);
        await world.A.ThawAsync();
        await call;
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        var after = await WrittenAsync(world, payment);

        Assert.Contains("Declined", before, StringComparison.Ordinal);
        Assert.Equal(writes, before != after);
        if (bug is null)
        {
            await Quiet.UntilAsync(world, TimeSpan.FromSeconds(30));
            Assert.Empty(InvariantChecker.Check(await Facts.GatherAsync(world, shop.Calls)));
        }
    }

    [Fact]
    public async Task An_OK_that_was_held_up_on_its_way_out_is_taken_back_though_its_bytes_could_be_written()
    {
        // Vipps listens for long enough to hear even an OK whose approval took its time to reach the acquirer's disk.
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.Short with { Lease = TimeSpan.FromSeconds(12) }) { Stalls = true });
        var shop = new Shop(world);
        var payment = await shop.CreateAsync(49_950, Shop.AReference()) ?? throw new InvalidOperationException("Not created.");
        world.Front.First = 0;

        // Shorter than a lease, so that nobody else takes it back.
        await world.A.ArmAsync("answer.before-first-byte", payment, "stall", Clocks.Short.AnswerBy + TimeSpan.FromSeconds(0.2));
        var call = await shop.PostAsync(payment, mark: c => c with { NoAnswerPromised = true });
        await Quiet.UntilAsync(world, TimeSpan.FromSeconds(60));

        Assert.Equal("OK", call.Says);
        var facts = await Facts.GatherAsync(world, shop.Calls);
        Assert.Equal("Withdrawn", Assert.Single(facts.Rows).State);
        Assert.Single(facts.Books, line => line is { Side: "vipps", What: "reported CANCELLED" });
        Assert.DoesNotContain(facts.Books, line => line is { Side: "vipps", What: "reported RESERVED" });
        Assert.Empty(InvariantChecker.Check(facts));
    }

    [Fact]
    public async Task A_call_that_lay_unread_while_the_process_was_frozen_is_answered_as_old_as_it_is()
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.Short));
        var shop = new Shop(world);
        var payment = await shop.CreateAsync(49_950, Shop.AReference()) ?? throw new InvalidOperationException("Not created.");
        world.Front.First = 0;
        await world.A.FreezeAsync();
        var call = shop.PostAsync(payment, mark: c => c with { NoAnswerPromised = true });

        // Vipps waits for a moment still, too short for an OK to be sure of arriving.
        await Task.Delay(Clocks.Short.HangsUpAfter - TimeSpan.FromSeconds(0.6), TestContext.Current.CancellationToken);
        await world.A.ThawAsync();
        var answer = await call;
        await Quiet.UntilAsync(world, TimeSpan.FromSeconds(60));

        Assert.NotEqual("OK", answer.Says);
        var facts = await Facts.GatherAsync(world, shop.Calls);
        Assert.DoesNotContain(facts.Books, line => line is { Side: "acquirer" });
        Assert.Empty(InvariantChecker.Check(facts));
    }

    [Fact]
    public async Task A_repeat_that_lay_unread_while_the_process_was_frozen_waits_for_what_another_has_begun()
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.Short));
        var shop = new Shop(world);
        var payment = await shop.CreateAsync(49_950, Shop.AReference()) ?? throw new InvalidOperationException("Not created.");
        await shop.FaultAsync("acquirer", "payments", "delay", payment, delayMs: 1000);
        await world.A.FreezeAsync();
        await Task.Delay(Clocks.Short.StopWaiting + TimeSpan.FromSeconds(0.2), TestContext.Current.CancellationToken);

        world.Front.First = 1;
        var first = shop.PostAsync(payment);
        for (var tries = 0; tries < 50 && !(await WrittenAsync(world, payment)).Contains("Authorising", StringComparison.Ordinal); tries++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        world.Front.First = 0;
        var again = shop.PostAsync(payment, repeat: true);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await world.A.ThawAsync();

        Assert.Equal(("OK", "OK"), ((await first).Says, (await again).Says));
        await Quiet.UntilAsync(world, TimeSpan.FromSeconds(60));
        var facts = await Facts.GatherAsync(world, shop.Calls);
        Assert.Equal("Authorised", Assert.Single(facts.Rows).State);
        Assert.Empty(InvariantChecker.Check(facts));
    }

    [Fact]
    public async Task A_report_that_was_held_up_past_its_lease_is_not_sent_beside_the_one_who_took_it_over()
    {
        await using var world = await ProofWorld.StartAsync(new WorldOptions(Clocks.Short) { Stalls = true });
        var shop = new Shop(world);
        var payment = await shop.CreateAsync(49_950, Shop.AReference()) ?? throw new InvalidOperationException("Not created.");
        world.Front.First = 0;
        await world.A.ArmAsync("report.before-send", payment, "stall", (2 * Clocks.Short.Lease) + TimeSpan.FromSeconds(4));
        await world.B.KillAsync();
        await shop.PostAsync(payment);
        await UntilAsync(() => File.Exists(world.FiredFile) && File.ReadAllText(world.FiredFile).Contains(payment, StringComparison.Ordinal));
        await world.B.StartAsync();

        await Task.Delay((2 * Clocks.Short.Lease) + TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await Quiet.UntilAsync(world, TimeSpan.FromSeconds(60));

        var facts = await Facts.GatherAsync(world, shop.Calls);
        Assert.Single(facts.Books, line => line is { Side: "vipps", What: "reported RESERVED" });
        Assert.Empty(InvariantChecker.Check(facts));
    }

    private static async Task<string> WrittenAsync(ProofWorld world, string payment)
    {
        await using var connection = world.Connection();
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(WhatIsWritten, connection);
        command.Parameters.AddWithValue("id", Guid.ParseExact(payment, "N"));
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static async Task UntilAsync(Func<bool> happens)
    {
        for (var tries = 0; !happens(); tries++)
        {
            Assert.True(tries < 2000, "The failpoint is not reached.");
            await Task.Delay(10);
        }
    }
}
