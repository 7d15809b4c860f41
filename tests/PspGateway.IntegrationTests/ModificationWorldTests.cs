using System.Net;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>Captures, refunds and cancels under other settings, over replicas, and over a killed process.</summary>
public sealed class ModificationWorldTests(TestPostgres postgres)
{
    [Fact]
    public async Task An_account_that_captures_once_lets_go_of_the_rest_and_takes_no_second_capture()
    {
        await using var world = new CapturesOnce(postgres);
        await world.InitializeAsync();
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);

        Assert.Equal((20_000, 5_000, 15_000, 0), (await world.Merchant.ModifyAsync(payment.Reference, "capture", 5_000)).Amounts);

        Assert.Equal("captured-before", (await world.Merchant.ModifyAsync(payment.Reference, "capture", 100)).Problem);
        await TestWorld.EventuallyAsync(async () => await world.BooksAsync(payment.PspTransactionId) is { } books && books.AtAcquirer == (20_000, 5_000, 15_000, 0) && books.AtVipps == books.AtAcquirer);
        Assert.Equal(["RESERVED 20000", "CAPTURED 5000", "CANCELLED 15000"], (await world.BooksAsync(payment.PspTransactionId)).Reports);
        Assert.Equal(["CREATED", "AUTHORIZED", "CAPTURED", "CANCELLED"], (await world.Merchant.EventsAsync(payment.Reference)).Select(e => e["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Where_received_is_as_good_as_done_no_notification_is_waited_for_and_a_later_failure_takes_it_back()
    {
        await using var world = new ReceivedIsFinal(postgres);
        await world.InitializeAsync();
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        await world.Vipps.NotificationsAsync("hold");
        await world.Vipps.FailModificationAsync("CAPTURE", $"{payment.PspTransactionId}-c1");

        Assert.Equal((20_000, 5_000, 0, 0), (await world.Merchant.ModifyAsync(payment.Reference, "capture", 5_000)).Amounts);
        Assert.Equal("CAPTURED", (await world.Merchant.EventsAsync(payment.Reference))[^1]["name"]!.GetValue<string>());
        await Task.Delay(200);
        await world.Vipps.ReleaseNotificationsAsync(reverse: false);

        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Reports.SequenceEqual(["RESERVED 20000", "CAPTURED 5000", "CAPTURED FAILED 5000"]));
        Assert.Equal((20_000, 0, 0, 0), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
    }

    [Fact]
    public async Task Over_two_replicas_operations_of_a_payment_reach_the_acquirer_one_at_a_time_and_each_once()
    {
        await using var world = new TwoReplicas(postgres);
        await world.InitializeAsync();
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 10_000);
        var other = new MerchantClient(world.Http, world.SecondGatewayUrl, Settings.Merchant, Settings.ClientId, Settings.ClientSecret);

        var replies = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => (i % 2 == 0 ? world.Merchant : other).ModifyAsync(payment.Reference, "capture", 300)));

        Assert.Equal(33, replies.Count(r => r.Status == HttpStatusCode.OK));
        await TestWorld.EventuallyAsync(async () => await world.BooksAsync(payment.PspTransactionId) is { } books && books.AtAcquirer == (10_000, 9_900, 0, 0) && books.AtVipps == books.AtAcquirer, 40);
        var calls = (await world.BooksAsync(payment.PspTransactionId)).ModificationCalls;
        Assert.Equal(Enumerable.Range(1, 33).Select(i => $"{payment.PspTransactionId}-c{i}"), calls.Select(c => c["reference"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_kill_while_a_capture_is_at_the_acquirer_captures_once_and_its_key_gets_the_answer()
    {
        await using var world = new WorldOfProcesses(postgres);
        await world.InitializeAsync();
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        await world.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = "captures", ["mode"] = "delay", ["answerDelayMs"] = 900 });
        var broken = world.Merchant.ModifyAsync(payment.Reference, "capture", 5_000, "survivor");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from operations where kind = 'Capture' and status = 'InFlight'") == 1);

        await first.KillAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => broken);
        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var reply = await world.Merchant.ModifyAsync(payment.Reference, "capture", 5_000, "survivor");

        Assert.Equal((HttpStatusCode.OK, (20_000, 5_000, 0, 0)), (reply.Status, reply.Amounts));
        await TestWorld.EventuallyAsync(async () => await world.BooksAsync(payment.PspTransactionId) is { } books && books.AtAcquirer == (20_000, 5_000, 0, 0) && books.AtVipps == books.AtAcquirer, 40);
    }

    [Fact]
    public async Task A_capture_that_nobody_hears_of_again_is_put_before_a_person_and_a_late_notification_still_ends_it()
    {
        await using var world = new ShortLadder(postgres);
        await world.InitializeAsync();
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        await world.Vipps.NotificationsAsync("hold");
        await world.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = "captures", ["mode"] = "drop", ["times"] = 2 });

        var reply = world.Merchant.ModifyAsync(payment.Reference, "capture", 5_000);
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from operations where kind = 'Capture' and status = 'Unknown' and tries = 2") == 1);

        // The minute that the last proof is given is not waited for here.
        await world.ExecuteAsync("update operations set due_at = clock_timestamp() where kind = 'Capture'");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from operations where kind = 'Capture' and parked_at is not null") == 1, what: "the park");
        await world.Vipps.ReleaseNotificationsAsync(reverse: false);

        Assert.Equal(HttpStatusCode.OK, (await reply).Status);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).AtVipps == (20_000, 5_000, 0, 0));
        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from operations where parked_at is not null"));
    }

    [Fact]
    public async Task Where_received_is_final_a_reversal_that_fails_after_all_is_put_before_a_person()
    {
        await using var world = new ReceivedIsFinal(postgres);
        await world.InitializeAsync();
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        await world.Vipps.FailModificationAsync("CANCELLATION", $"{payment.PspTransactionId}-r");

        await world.Vipps.PostAsync(payment.PspTransactionId, "TIMEOUT");

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from differences where cause like 'ReversalFailed %' and ours_minor = 0 and theirs_minor = 20000 and resolved_at is null") == 1, what: "the difference");
        Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    private sealed class CapturesOnce(TestPostgres postgres) : TestWorld(postgres)
    {
        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Acquirer:Adyen:MultiplePartialCaptures"] = "false" };

        protected override IReadOnlyDictionary<string, string?> SimulatorOverrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Simulator:MultiplePartialCaptures"] = "false" };
    }

    private sealed class ReceivedIsFinal(TestPostgres postgres) : TestWorld(postgres)
    {
        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Acquirer:Adyen:ConfirmModifications"] = "Response" };
    }

    private sealed class ShortLadder(TestPostgres postgres) : TestWorld(postgres)
    {
        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Operations:Backoff:0"] = "00:00:00", ["Operations:Backoff:1"] = "00:00:00.500" };
    }
}
