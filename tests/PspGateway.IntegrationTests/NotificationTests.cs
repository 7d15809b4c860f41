using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class NotificationTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task A_signed_notification_is_stored_once_and_acknowledged_each_time()
    {
        var item = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant());
        Sign(item);

        var replies = new[] { await PostAsync(item), await PostAsync(item) };

        Assert.All(replies, r => Assert.Equal((HttpStatusCode.OK, "[accepted]"), r));
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from acquirer_notifications where psp_reference = '{item["pspReference"]}'"));
    }

    [Fact]
    public async Task An_unknown_event_is_kept()
    {
        var item = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant());
        item["eventCode"] = "REPORT_AVAILABLE";
        Sign(item);

        await PostAsync(item);

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from acquirer_notifications where psp_reference = '{item["pspReference"]}' and verdict = 'Unknown'") == 1);
    }

    [Theory]
    [InlineData("amount")]
    [InlineData("success")]
    [InlineData("signature")]
    [InlineData("none")]
    public async Task A_notification_that_is_not_Adyens_is_refused_and_not_stored(string change)
    {
        var item = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant());
        Sign(item);
        switch (change)
        {
            case "amount":
                item["amount"]!["value"] = 1;
                break;
            case "success":
                item["success"] = "false";
                break;
            case "signature":
                item["additionalData"]!["hmacSignature"] = Convert.ToBase64String(new byte[32]);
                break;
            default:
                item.Remove("additionalData");
                break;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(item)).Status);
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from acquirer_notifications where psp_reference = '{item["pspReference"]}'"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"notificationItems\":[{}]}")]
    public async Task A_body_that_is_no_notification_is_refused(string body)
    {
        using var response = await world.Http.PostAsync(new Uri(world.GatewayUrl, "acquirers/adyen/notifications"), new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Repeated_and_late_notifications_change_nothing_that_is_decided()
    {
        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED");
        var authorisation = (await world.BooksAsync(payment.PspTransactionId)).Authorisations.Single();
        var refused = ANotification(authorisation["pspReference"]!.GetValue<string>(), $"{payment.PspTransactionId}-1");
        refused["success"] = "false";
        Sign(refused);

        await PostAsync(refused);

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from acquirer_notifications where merchant_reference = '{payment.PspTransactionId}-1' and applied_at is not null and not success") == 1);
        Assert.Equal("AUTHORIZED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    [Theory]
    [InlineData(901200, 1)]
    [InlineData(49900, 1)]
    public async Task An_approval_that_nobody_knew_of_gets_a_cancel_of_its_own_and_changes_no_answer(long amount, int reversals)
    {
        var payment = await world.Merchant.CreateAsync(amount);
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) != "CREATED");
        var state = await world.Merchant.StateAsync(payment.Reference);
        var surprise = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant(), $"{payment.PspTransactionId}-1");
        Sign(surprise);

        await PostAsync(surprise);

        var opened = $"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Reverse' and acquirer_reference = '{surprise["pspReference"]}'";
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>(opened) == reversals, what: "a reversal of the unknown approval");
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).CancelCalls.Any(c => c["path"]!.GetValue<string>().Contains("cancels", StringComparison.Ordinal)), what: "its cancel");
        Assert.Equal(state, await world.Merchant.StateAsync(payment.Reference));
    }

    [Fact]
    public async Task A_reversal_that_is_stuck_keeps_no_other_from_being_made()
    {
        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED");
        var surprise = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant(), $"{payment.PspTransactionId}-1");
        Sign(surprise);
        await PostAsync(surprise);

        // The acquirer knows nothing of it and refuses the cancel: a person is called.
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from operations where acquirer_reference = '{surprise["pspReference"]}' and parked_at is not null") == 1, what: "the park");
        Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);

        await world.Vipps.PostAsync(payment.PspTransactionId, "TIMEOUT");

        await TestWorld.EventuallyAsync(async () => await world.BooksAsync(payment.PspTransactionId) is { Live: 0 } books && books.ReportedTimes("cancelled") == 1, what: "the reversal of the known approval");
    }

    [Fact]
    public async Task A_cancel_is_told_of_the_approval_that_it_names_where_two_are_stuck()
    {
        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED");
        var surprises = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var surprise = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant(), $"{payment.PspTransactionId}-1");
            Sign(surprise);
            await PostAsync(surprise);
            surprises.Add(surprise["pspReference"]!.GetValue<string>());
            await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from operations where acquirer_reference = '{surprises[^1]}' and parked_at is not null") == 1, what: "the park");
        }

        var cancellation = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant(), $"{payment.PspTransactionId}-1");
        cancellation["eventCode"] = "CANCELLATION";
        cancellation["originalReference"] = surprises[1];
        Sign(cancellation);
        await PostAsync(cancellation);

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from operations where acquirer_reference = '{surprises[1]}' and finished_at is not null") == 1, what: "the end of the reversal it names");
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from operations where acquirer_reference = '{surprises[0]}' and finished_at is not null"));
    }

    [Theory]
    [InlineData("REFUND", "Refund", 500)]
    [InlineData("CAPTURE", "Capture", 500)]
    [InlineData("CANCELLATION", "Cancel", 0)]
    [InlineData("CANCEL_OR_REFUND", "Cancel", 0)]
    public async Task What_was_done_in_the_acquirers_own_tool_opens_one_difference(string eventCode, string kind, int minor)
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        var outside = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant(), $"{payment.PspTransactionId}-1");
        outside["eventCode"] = eventCode;
        outside["amount"]!["value"] = minor;
        outside["originalReference"] = (await world.BooksAsync(payment.PspTransactionId)).Authorisations.Single()["pspReference"]!.GetValue<string>();
        Sign(outside);

        await PostAsync(outside);
        await PostAsync(outside);

        var expected = $"DoneOutside {kind} {outside["pspReference"]} 0 {minor}";
        await TestWorld.EventuallyAsync(
            async () => (await world.QueryAllAsync<string>($"select cause || ' ' || ours_minor || ' ' || theirs_minor from differences where payment_id = '{Guid.Parse(payment.PspTransactionId)}'")).SequenceEqual([expected]), what: "the difference");
    }

    [Fact]
    public async Task A_notification_for_another_account_is_kept_and_moves_nothing()
    {
        var payment = await world.Merchant.CreateAsync(901200);
        await world.Vipps.PostAsync(payment.PspTransactionId);
        var foreign = ANotification(Guid.NewGuid().ToString("N")[..16].ToUpperInvariant(), $"{payment.PspTransactionId}-1");
        foreign["merchantAccountCode"] = "SomebodyElses";
        Sign(foreign);

        await PostAsync(foreign);

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from acquirer_notifications where psp_reference = '{foreign["pspReference"]}' and verdict = 'Foreign'") == 1);
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Reverse'"));
    }

    private static JsonObject ANotification(string pspReference, string merchantReference = "somebody-else") => new()
    {
        ["additionalData"] = new JsonObject(),
        ["amount"] = new JsonObject { ["currency"] = "NOK", ["value"] = 49900 },
        ["eventCode"] = "AUTHORISATION",
        ["eventDate"] = "2026-11-22T12:00:00+01:00",
        ["merchantAccountCode"] = "TestAccount",
        ["merchantReference"] = merchantReference,
        ["pspReference"] = pspReference,
        ["success"] = "true",
    };

    private static void Sign(JsonObject item)
    {
        var signed = $"{item["pspReference"]}:{item["originalReference"]}:{item["merchantAccountCode"]}:{item["merchantReference"]}:{item["amount"]!["value"]}:{item["amount"]!["currency"]}:{item["eventCode"]}:{item["success"]}";
        var key = Convert.FromHexString("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056");
        item["additionalData"]!["hmacSignature"] = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)));
    }

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(JsonObject item)
    {
        var body = new JsonObject { ["live"] = "false", ["notificationItems"] = new JsonArray(new JsonObject { ["NotificationRequestItem"] = item.DeepClone() }) };
        using var response = await world.Http.PostAsync(new Uri(world.GatewayUrl, "acquirers/adyen/notifications"), new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
