using System.Net;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>Captures, refunds and cancels, judged by the books of the acquirer and of Vipps.</summary>
public sealed class ModificationTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task A_payment_is_captured_in_parts_and_refunded_in_parts_and_the_three_books_agree()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);

        Assert.Equal((49900, 20000, 0, 0), await DoneAsync(payment, "capture", 20000));
        Assert.Equal((49900, 49900, 0, 0), await DoneAsync(payment, "capture", 29900));
        Assert.Equal((49900, 49900, 0, 5000), await DoneAsync(payment, "refund", 5000));
        Assert.Equal((49900, 49900, 0, 49900), await DoneAsync(payment, "refund", 44900));

        await AgreeAsync(payment, (49900, 49900, 0, 49900));
        Assert.Equal(["RESERVED 49900", "CAPTURED 20000", "CAPTURED 29900", "REFUNDED 5000", "REFUNDED 44900"], (await world.BooksAsync(payment.PspTransactionId)).Reports);
        Assert.Equal("AUTHORIZED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal(["CREATED", "AUTHORIZED", "CAPTURED", "CAPTURED", "REFUNDED", "REFUNDED"], (await world.Merchant.EventsAsync(payment.Reference)).Select(e => e["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_cancel_lets_go_of_what_is_not_captured()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        await DoneAsync(payment, "capture", 20000);

        Assert.Equal((49900, 20000, 29900, 0), await DoneAsync(payment, "cancel", null));

        await AgreeAsync(payment, (49900, 20000, 29900, 0));
        Assert.Equal("AUTHORIZED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal("amount-too-large", (await world.Merchant.ModifyAsync(payment.Reference, "capture", 1)).Problem);
        Assert.Equal("nothing-left", (await world.Merchant.ModifyAsync(payment.Reference, "cancel")).Problem);
    }

    [Fact]
    public async Task A_full_cancel_after_the_approval_leaves_the_payment_AUTHORIZED_with_its_cancelled_amount()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);

        Assert.Equal((49900, 0, 49900, 0), await DoneAsync(payment, "cancel", null));

        await AgreeAsync(payment, (49900, 0, 49900, 0));
        Assert.Equal("AUTHORIZED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    [Fact]
    public async Task An_OK_that_Vipps_did_not_take_after_a_capture_is_a_difference_for_a_person()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        Assert.Equal(HttpStatusCode.OK, (await world.Merchant.ModifyAsync(payment.Reference, "capture", 5_000)).Status);

        Assert.Equal(93, (await world.Vipps.PostAsync(payment.PspTransactionId, "TIMEOUT")).ErrorId);

        Assert.Equal(5_000, await world.QueryAsync<long>($"select ours_minor from differences where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and cause = 'NotTakenByWallet' and theirs_minor = 0 and resolved_at is null"));
        Assert.Equal("AUTHORIZED", await world.Merchant.StateAsync(payment.Reference));
    }

    [Fact]
    public async Task An_OK_that_Vipps_did_not_take_after_the_merchants_cancel_is_a_difference_for_a_person()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        Assert.Equal(HttpStatusCode.OK, (await world.Merchant.ModifyAsync(payment.Reference, "cancel")).Status);

        await world.Vipps.PostAsync(payment.PspTransactionId, "TIMEOUT");

        Assert.Equal(20_000, await world.QueryAsync<long>($"select ours_minor from differences where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and cause = 'NotTakenByWallet'"));
    }

    [Fact]
    public async Task A_cancel_before_the_approval_ends_the_payment_and_a_token_that_still_comes_gets_85()
    {
        var payment = await world.Merchant.CreateAsync();

        var reply = await world.Merchant.ModifyAsync(payment.Reference, "cancel", key: "cancel-early");

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal("TERMINATED", reply.Json["state"]!.GetValue<string>());
        Assert.Equal(85, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        Assert.Equal(reply.Body, (await world.Merchant.ModifyAsync(payment.Reference, "cancel", key: "cancel-early")).Body);
        Assert.Equal("wrong-state", (await world.Merchant.ModifyAsync(payment.Reference, "cancel")).Problem);
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Empty(books.Authorisations);
        Assert.Empty(books.Reports);
        Assert.Equal("TERMINATED", (await world.Merchant.EventsAsync(payment.Reference))[^1]["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_cancel_while_the_acquirer_is_asked_decides_the_answer_and_the_approval_is_reversed()
    {
        var payment = await world.Merchant.CreateAsync(800300);
        var approving = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);

        var reply = await world.Merchant.ModifyAsync(payment.Reference, "cancel");

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal("TERMINATED", reply.Json["state"]!.GetValue<string>());
        Assert.Equal(85, (await approving).ErrorId);
        await world.UntilReversedAsync(payment.PspTransactionId);
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).Reports);
    }

    [Fact]
    public async Task What_comes_in_the_wrong_state_or_is_too_much_is_a_conflict_and_moves_nothing()
    {
        var created = await world.Merchant.CreateAsync();
        Assert.Equal("wrong-state", (await world.Merchant.ModifyAsync(created.Reference, "capture", 100)).Problem);
        Assert.Equal("wrong-state", (await world.Merchant.ModifyAsync(created.Reference, "refund", 100)).Problem);

        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        Assert.Equal("amount-too-large", (await world.Merchant.ModifyAsync(payment.Reference, "capture", 49901)).Problem);
        Assert.Equal("amount-too-large", (await world.Merchant.ModifyAsync(payment.Reference, "refund", 1)).Problem);
        Assert.Equal("wrong-state", (await world.Merchant.ModifyRawAsync(payment.Reference, "cancel", "{\"cancelTransactionOnly\":true}", Guid.NewGuid().ToString())).Problem);
        await DoneAsync(payment, "capture", 100);
        Assert.Equal("amount-too-large", (await world.Merchant.ModifyAsync(payment.Reference, "refund", 101)).Problem);
        Assert.Equal(HttpStatusCode.NotFound, (await world.Merchant.ModifyAsync("order-of-nobody", "capture", 100)).Status);
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).ModificationCalls);
    }

    [Fact]
    public async Task The_same_key_gets_the_same_bytes_and_moves_nothing_again()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);

        var first = await world.Merchant.ModifyAsync(payment.Reference, "capture", 1000, "key-1");
        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Merchant.ModifyAsync(payment.Reference, "capture", 2000, "key-2")));

        Assert.Equal(first.Body, (await world.Merchant.ModifyAsync(payment.Reference, "capture", 1000, "key-1")).Body);
        Assert.All(together, reply => Assert.Equal((HttpStatusCode.OK, together[0].Body), (reply.Status, reply.Body)));
        Assert.Equal("idempotency-key-reused", (await world.Merchant.ModifyAsync(payment.Reference, "capture", 1001, "key-1")).Problem);

        // Another route is another scope.
        Assert.Equal(HttpStatusCode.OK, (await world.Merchant.ModifyAsync(payment.Reference, "refund", 1000, "key-1")).Status);
        await AgreeAsync(payment, (49900, 3000, 0, 1000));
        Assert.Equal("key-2", (await world.Merchant.EventsAsync(payment.Reference))[^2]["idempotencyKey"]!.GetValue<string>());
    }

    [Fact]
    public async Task Sixty_four_requests_at_once_never_come_to_more_than_there_is()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 10_000);

        var captures = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => world.Merchant.ModifyAsync(payment.Reference, "capture", 300)));
        Assert.Equal(33, captures.Count(r => r.Status == HttpStatusCode.OK));
        Assert.All(captures.Where(r => r.Status != HttpStatusCode.OK), r => Assert.Equal("amount-too-large", r.Problem));
        await AgreeAsync(payment, (10_000, 9_900, 0, 0));

        var refunds = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => world.Merchant.ModifyAsync(payment.Reference, "refund", 300)));
        Assert.Equal(33, refunds.Count(r => r.Status == HttpStatusCode.OK));
        await AgreeAsync(payment, (10_000, 9_900, 0, 9_900));
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).RefusedAtAcquirer);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(429)]
    public async Task A_refusal_is_believed_after_a_try_that_did_nothing(int first)
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        foreach (var status in (int[])[first, 422])
        {
            await world.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = "captures", ["mode"] = "status", ["status"] = status, ["times"] = 1, ["contains"] = payment.PspTransactionId });
        }

        var capture = world.Merchant.ModifyAsync(payment.Reference, "capture", 1000);
        var its = $"from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Capture'";
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) {its} and tries = 1 and status = 'Unknown'") == 1, what: "the try that did nothing");
        await world.ExecuteAsync($"update operations set due_at = clock_timestamp() where id = (select id {its})");

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) {its} and status = 'Failed'") == 1, what: "the refusal");
        await capture;
        Assert.Equal((49_900, 0, 0, 0), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
    }

    [Fact]
    public async Task A_capture_whose_answer_is_lost_captures_once()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        await world.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = "captures", ["mode"] = "drop", ["contains"] = payment.PspTransactionId });

        Assert.Equal((20_000, 5_000, 0, 0), await DoneAsync(payment, "capture", 5_000));

        await AgreeAsync(payment, (20_000, 5_000, 0, 0));
    }

    [Fact]
    public async Task While_a_capture_is_unresolved_what_depends_on_it_is_refused_and_nothing_else_waits()
    {
        await using var slow = new SlowLadderWorld(world.Postgres);
        await slow.InitializeAsync();
        var payment = await slow.Merchant.AuthorisedAsync(slow.Vipps, 20_000);
        await slow.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = "captures", ["mode"] = "dropBeforeCommit" });

        var first = slow.Merchant.ModifyAsync(payment.Reference, "capture", 5_000);
        await TestWorld.EventuallyAsync(async () => await slow.QueryAsync<long>("select count(*) from operations where kind = 'Capture' and status = 'Unknown'") == 1);
        Assert.Equal("operation-unresolved", (await slow.Merchant.ModifyAsync(payment.Reference, "cancel")).Problem);
        Assert.Equal("operation-unresolved", (await slow.Merchant.ModifyAsync(payment.Reference, "refund", 100)).Problem);
        Assert.Equal("amount-too-large", (await slow.Merchant.ModifyAsync(payment.Reference, "capture", 15_001)).Problem);
        Assert.Equal((20_000, 20_000, 0, 0), (await slow.Merchant.ModifyAsync(payment.Reference, "capture", 15_000)).Amounts);
        Assert.Equal((20_000, 20_000, 0, 100), (await slow.Merchant.ModifyAsync(payment.Reference, "refund", 100)).Amounts);

        // The second rung, under the same key.
        Assert.Equal(HttpStatusCode.OK, (await first).Status);
        await TestWorld.EventuallyAsync(async () => (await slow.BooksAsync(payment.PspTransactionId)).AtAcquirer == (20_000, 20_000, 0, 100));
    }

    [Fact]
    public async Task A_capture_that_the_acquirer_refuses_gives_its_amount_back_and_merchant_and_Vipps_are_told()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        await world.Vipps.FailModificationAsync("CAPTURE", $"{payment.PspTransactionId}-c");

        var reply = await world.Merchant.ModifyAsync(payment.Reference, "capture", 5_000, "key-of-the-failure");

        Assert.Equal("failed-at-acquirer", reply.Problem);
        Assert.Equal((20_000, 0, 0, 0), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
        var told = (await world.Merchant.EventsAsync(payment.Reference))[^1];
        Assert.Equal(("CAPTURED", false, "key-of-the-failure"), (told["name"]!.GetValue<string>(), told["success"]!.GetValue<bool>(), told["idempotencyKey"]!.GetValue<string>()));
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Reports.Contains("CAPTURED FAILED 5000"));
        Assert.Equal((20_000, 20_000, 0, 0), await DoneAsync(payment, "capture", 20_000));
    }

    [Fact]
    public async Task A_capture_that_fails_when_its_amount_is_refunded_already_fails_all_the_same_and_leaves_a_difference()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 30_000);
        var id = Guid.Parse(payment.PspTransactionId);
        await DoneAsync(payment, "capture", 10_000);
        await world.Vipps.FailModificationAsync("CAPTURE", $"{payment.PspTransactionId}-c2");
        await world.Vipps.NotificationsAsync("hold");
        await world.Merchant.ModifyAsync(payment.Reference, "capture", 5_000);
        await world.Vipps.NotificationsAsync("on");
        await DoneAsync(payment, "refund", 10_000);
        await world.Vipps.UndoModificationAsync("CAPTURE_FAILED", $"{payment.PspTransactionId}-c1");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select captured_minor from payments where id = '{id}'") == 10_000, what: "the first capture taken back as far as it can be");

        await world.Vipps.ReleaseNotificationsAsync(reverse: false);

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<string>($"select status from operations where reference = '{payment.PspTransactionId}-c2'") == "Failed", what: "the end of the second capture");
        Assert.Equal((30_000, 10_000, 0, 10_000), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
        Assert.Equal(2, await world.QueryAsync<long>($"select count(*) from differences where payment_id = '{id}' and resolved_at is null"));
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Reports.Contains("CAPTURED FAILED 5000"), what: "Vipps told of it");
    }

    [Theory]
    [InlineData("CAPTURE_FAILED")]
    [InlineData("REFUND_FAILED")]
    [InlineData("REFUNDED_REVERSED")]
    public async Task A_failure_days_after_success_is_a_new_record_that_everybody_is_told_of_once(string eventCode)
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        await DoneAsync(payment, "capture", 20_000);
        await DoneAsync(payment, "refund", 5_000);
        var capture = eventCode == "CAPTURE_FAILED";
        await world.Vipps.NotificationsAsync("on", copies: 3);

        await world.Vipps.UndoModificationAsync(eventCode, $"{payment.PspTransactionId}-{(capture ? "c" : "f")}1");

        var reported = capture ? "CAPTURED FAILED 20000" : "REFUNDED FAILED 5000";
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Reports.Count(r => r == reported) == 1);
        await world.Vipps.NotificationsAsync("on");

        // Of a capture that was refunded in part only the rest can come back.
        Assert.Equal(capture ? (20_000, 5_000, 0, 5_000) : (20_000, 20_000, 0, 0), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
        var told = (await world.Merchant.EventsAsync(payment.Reference))[^1];
        Assert.Equal((capture ? "CAPTURED" : "REFUNDED", false), (told["name"]!.GetValue<string>(), told["success"]!.GetValue<bool>()));
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from differences where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and resolved_at is null"));
        Assert.Equal("Succeeded", await world.QueryAsync<string>($"select status from operations where reference = '{payment.PspTransactionId}-{(capture ? "c" : "f")}1'"));
    }

    [Fact]
    public async Task Notifications_that_come_late_twice_and_in_the_wrong_order_change_nothing_about_the_books()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 20_000);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1);
        await world.Vipps.NotificationsAsync("hold", copies: 2);

        // Nobody hears from the acquirer: after 10 s each answers with what is accepted.
        var answers = await Task.WhenAll(Enumerable.Range(1, 3).Select(i => world.Merchant.ModifyAsync(payment.Reference, "capture", i * 1000)));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.Equal((20_000, 6_000, 0, 0), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
        Assert.Equal(["RESERVED 20000"], (await world.BooksAsync(payment.PspTransactionId)).Reports);
        await world.Vipps.ReleaseNotificationsAsync(reverse: true);
        await world.Vipps.NotificationsAsync("on");

        await AgreeAsync(payment, (20_000, 6_000, 0, 0));
        Assert.Equal(3, (await world.Merchant.EventsAsync(payment.Reference)).Count(e => e["name"]!.GetValue<string>() == "CAPTURED"));
    }

    [Fact]
    public async Task Another_merchant_can_neither_capture_nor_refund_nor_cancel()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        var stranger = new MerchantClient(world.Http, world.GatewayUrl, Settings.OtherMerchant, Settings.OtherClientId, Settings.OtherClientSecret);

        foreach (var what in (string[])["capture", "refund", "cancel"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.ModifyAsync(payment.Reference, what, 100)).Status);
            Assert.Equal(HttpStatusCode.Forbidden, (await stranger.ModifyRawAsync(payment.Reference, what, "", "key", Settings.Merchant)).Status);
        }

        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).ModificationCalls);
    }

    private async Task<(long, long, long, long)> DoneAsync(CreatedPayment payment, string what, long? value)
    {
        var reply = await world.Merchant.ModifyAsync(payment.Reference, what, value);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Equal((payment.Reference, payment.PspTransactionId), (reply.Json["reference"]!.GetValue<string>(), reply.Json["pspReference"]!.GetValue<string>()));
        return reply.Amounts;
    }

    private async Task AgreeAsync(CreatedPayment payment, (long, long, long, long) amounts)
    {
        await TestWorld.EventuallyAsync(
            async () => await world.BooksAsync(payment.PspTransactionId) is { } books && books.AtAcquirer == amounts && books.AtVipps == amounts, what: $"books of {amounts}");
        Assert.Equal(amounts, Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
    }

    /// <summary>The second try comes late enough to look at what is between.</summary>
    private sealed class SlowLadderWorld(TestPostgres postgres) : TestWorld(postgres)
    {
        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Operations:Backoff:0"] = "00:00:00",
            ["Operations:Backoff:1"] = "00:00:05",
            ["Operations:Backoff:2"] = "00:00:20",
        };
    }
}
