using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;
using PspGateway.IntegrationTests.World;
using PspGateway.Vipps;

namespace PspGateway.IntegrationTests;

public sealed class MakePaymentTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task An_approved_payment_is_authorised_once_answered_OK_and_reported_once()
    {
        var payment = await world.Merchant.CreateAsync(49900);

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal($$$"""{"paymentInfo":{"pspTransactionId":"{{{payment.PspTransactionId}}}","status":"OK"}}""", posted.Body);
        Assert.Equal("application/json", posted.ContentType);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED");
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") > 0);
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Equal("RESERVED", books.VippsState);
        Assert.Equal((49900L, 1), (books.Reported("reserved"), books.ReportedTimes("reserved")));
        Assert.Equal(1, books.Live);
        Assert.Equal(49900, books.Authorisations.Single()["authorised"]!.GetValue<long>());
        Assert.Equal($"{payment.PspTransactionId}-1", books.Authorisations.Single()["reference"]!.GetValue<string>());
        Assert.Equal(["CREATED", "AUTHORIZED"], (await world.Merchant.EventsAsync(payment.Reference)).Select(e => e["name"]!.GetValue<string>()));
        Assert.Equal(49900, (await world.Merchant.GetAsync(payment.Reference))["aggregate"]!["authorizedAmount"]!["value"]!.GetValue<long>());
    }

    [Fact]
    public async Task Every_refusal_of_the_acquirer_has_its_error_id_and_leaves_nothing_live()
    {
        var expected = new Dictionary<int, int>
        {
            [2] = 82, [3] = 82, [4] = 91, [5] = 82, [6] = 86, [7] = 91, [8] = 87, [9] = 85, [10] = 82, [11] = 94, [12] = 89, [14] = 83, [15] = 72, [16] = 72,
            [17] = 82, [18] = 82, [19] = 82, [20] = 83, [21] = 91, [22] = 83, [23] = 82, [24] = 82, [25] = 82, [26] = 82, [27] = 82, [28] = 84, [29] = 84, [31] = 83,
            [32] = 82, [33] = 82, [37] = 82, [38] = 94, [39] = 94, [40] = 82, [42] = 94, [46] = 82, [99] = 82,
        };
        foreach (var (code, errorId) in expected)
        {
            var payment = await world.Merchant.CreateAsync((9000 + code) * 100);

            var posted = await world.Vipps.PostAsync(payment.PspTransactionId);

            Assert.Equal(("FAIL", errorId, code), (posted.PaymentStatus, posted.ErrorId, code));
            var books = await world.BooksAsync(payment.PspTransactionId);
            Assert.Equal((0, "FAILED"), (books.Live, books.VippsState));
            Assert.Equal("ABORTED", await world.Merchant.StateAsync(payment.Reference));
        }
    }

    [Theory]
    [InlineData(7007, 91)]
    [InlineData(7009, 72)]
    [InlineData(7010, 89)]
    [InlineData(7008, 94)]
    public async Task Other_results_without_an_approval_leave_nothing_live(int kroner, int errorId)
    {
        var payment = await world.Merchant.CreateAsync(kroner * 100);

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal(("FAIL", errorId), (posted.PaymentStatus, posted.ErrorId));
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Live == 0, what: "the cancel of what was left open");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Reverse' and finished_at is null") == 0, what: "the end of the reversal");
    }

    [Fact]
    public async Task An_approval_of_another_amount_is_never_answered_OK_and_is_reversed()
    {
        var payment = await world.Merchant.CreateAsync(700400);

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal(("FAIL", 85), (posted.PaymentStatus, posted.ErrorId));
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Live == 0, what: "the reversal");
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("cancelled"));
    }

    [Theory]
    [InlineData("USER_CANCEL", "Status from Vipps:CANCEL", "ABORTED")]
    [InlineData("TIMEOUT", "Status from Vipps:TIMEOUT", "EXPIRED")]
    [InlineData("NO", "Status from Vipps:NO", "ABORTED")]
    [InlineData("user_cancel", "Status from Vipps:CANCEL", "ABORTED")]
    public async Task A_customer_who_does_not_approve_ends_the_payment_and_a_token_that_still_comes_gets_85(string state, string text, string merchantSees)
    {
        var payment = await world.Merchant.CreateAsync();

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, state);

        Assert.Equal(("FAIL", 93, text), (posted.PaymentStatus, posted.ErrorId, posted.ErrorText));
        Assert.Equal(merchantSees, await world.Merchant.StateAsync(payment.Reference));
        var late = await world.Vipps.PostAsync(payment.PspTransactionId);
        Assert.Equal(("FAIL", 85), (late.PaymentStatus, late.ErrorId));
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
    }

    [Fact]
    public async Task A_refusal_after_OK_takes_the_approval_back_and_reports_it()
    {
        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED");

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, "TIMEOUT");

        Assert.Equal(93, posted.ErrorId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("cancelled") == 1, what: "CANCELLED at Vipps");
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Equal((0, 49900L), (books.Live, books.Reported("cancelled")));
        var seen = await world.Merchant.GetAsync(payment.Reference);
        Assert.Equal(("TERMINATED", 49900L), (seen["state"]!.GetValue<string>(), seen["aggregate"]!["cancelledAmount"]!["value"]!.GetValue<long>()));
    }

    [Fact]
    public async Task A_cancel_while_authorising_decides_the_answer_and_the_approval_is_reversed()
    {
        var payment = await world.Merchant.CreateAsync(800200);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);

        var cancel = await world.Vipps.PostAsync(payment.PspTransactionId, "USER_CANCEL");

        Assert.Equal(93, cancel.ErrorId);
        Assert.Equal(("FAIL", 85), ((await waiting).PaymentStatus, (await waiting).ErrorId));
        Assert.Equal("ABORTED", await world.Merchant.StateAsync(payment.Reference));
        await TestWorld.EventuallyAsync(async () => await world.BooksAsync(payment.PspTransactionId) is { Authorisations.Count: 1, Live: 0 }, what: "the reversal");
    }

    [Theory]
    [InlineData("""{"paymentState":"MAYBE"}""")]
    [InlineData("""{"paymentState":null}""")]
    public async Task A_call_that_says_nothing_we_know_gets_71_and_moves_nothing(string merge)
    {
        var payment = await world.Merchant.CreateAsync();

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = JsonNode.Parse(merge) });

        Assert.Equal((200, "FAIL", 71), (posted.Status, posted.PaymentStatus, posted.ErrorId));
        Assert.Equal("CREATED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
    }

    /// <summary>Vipps has taken the FAIL for the payment's result: an OK to a later call would hold money that it knows nothing of.</summary>
    [Theory]
    [InlineData("""{"networkToken":null}""")]
    [InlineData("""{"networkToken":{"number":"4"}}""")]
    [InlineData("""{"networkToken":{"cryptogram":""}}""")]
    [InlineData("""{"networkToken":{"tokenType":"DINERS"}}""")]
    [InlineData("""{"networkToken":{"expiryMonth":"13"}}""")]
    [InlineData("""{"networkToken":{"eci":"x"}}""")]
    [InlineData("""{"paymentInstrument":"CARD"}""")]
    [InlineData("""{"pspTransactionId":null}""")]
    [InlineData("""{"merchantSerialNumber":null}""")]
    public async Task An_approval_that_lacks_something_gets_71_and_ends_the_payment(string merge)
    {
        var payment = await world.Merchant.CreateAsync();

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = JsonNode.Parse(merge) });

        Assert.Equal((200, "FAIL", 71), (posted.Status, posted.PaymentStatus, posted.ErrorId));
        Assert.Equal("ABORTED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal(("FAIL", 85), await world.Vipps.PostAsync(payment.PspTransactionId) is var later ? (later.PaymentStatus, later.ErrorId) : default);
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
    }

    [Fact]
    public async Task An_approval_that_lacks_something_disturbs_none_that_is_under_way()
    {
        var payment = await world.Merchant.CreateAsync(800_100);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = new JsonObject { ["networkToken"] = null } });

        Assert.Equal(71, posted.ErrorId);
        Assert.Equal("OK", (await waiting).PaymentStatus);
    }

    [Theory]
    [InlineData("""{"unknown":{"deep":[1,2]},"paymentInstrument":null,"operations":null,"binNumber":null}""")]
    [InlineData("""{"paymentState":null,"confirmed":"YES"}""")]
    [InlineData("""{"networkToken":{"expiryMonth":5,"expiryYear":25,"eci":"7"}}""")]
    public async Task Vipps_other_ways_of_saying_it_are_understood(string merge)
    {
        var payment = await world.Merchant.CreateAsync();

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = JsonNode.Parse(merge) });

        Assert.Equal("OK", posted.PaymentStatus);
    }

    [Fact]
    public async Task Wrong_and_foreign_tokens_are_the_same_empty_401()
    {
        var payment = await world.Merchant.CreateAsync();
        var other = await world.Merchant.CreateAsync();
        var own = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        var foreign = (await world.Vipps.PaymentAsync(other.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        string[] wrong = ["", "nonsense", foreign, own + "x", own[..^1], "Basic " + own, await world.Merchant.TokenAsync(), own.Replace(own.Split('.')[1], foreign.Split('.')[1], StringComparison.Ordinal)];
        foreach (var token in wrong)
        {
            var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["authorization"] = token });
            Assert.Equal((401, ""), (posted.Status, posted.Body));
        }

        var right = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["authorization"] = "Bearer " + own });
        Assert.Equal("OK", right.PaymentStatus);
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
    }

    [Fact]
    public async Task A_token_that_our_own_key_signed_for_the_payment_but_that_was_not_issued_is_401()
    {
        var payment = await world.Merchant.CreateAsync();
        var id = PspTransactionId.Parse(payment.PspTransactionId);
        var another = world.Service<MakePaymentTokens>().Issue(id, MerchantSerialNumber.Parse(Settings.Merchant), Money.Nok(49900), "t1", TimeProvider.System.GetUtcNow().AddHours(2));

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["authorization"] = another });

        Assert.Equal((401, ""), (posted.Status, posted.Body));
    }

    [Theory]
    [InlineData("pspTransactionId", "00000000000000000000000000000000")]
    [InlineData("merchantSerialNumber", "654321")]
    public async Task A_body_that_names_another_payment_or_merchant_than_its_token_is_401(string member, string value)
    {
        var payment = await world.Merchant.CreateAsync();

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = new JsonObject { [member] = value } });

        Assert.Equal((401, ""), (posted.Status, posted.Body));
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("not json", 400)]
    [InlineData("[]", 400)]
    [InlineData("null", 400)]
    [InlineData("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}", 400)]
    [InlineData("large", 413)]
    public async Task A_body_that_is_no_JSON_object_or_too_large_is_refused_and_moves_nothing(string body, int status)
    {
        var payment = await world.Merchant.CreateAsync();
        var raw = body == "large" ? $$"""{"a":"{{new string('x', 17000)}}"}""" : body;

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["rawBody"] = raw });

        Assert.Equal(status, posted.Status);
        Assert.Equal("CREATED", await world.Merchant.StateAsync(payment.Reference));
    }

    [Fact]
    public async Task A_body_that_does_not_end_is_given_up_after_five_seconds()
    {
        var payment = await world.Merchant.CreateAsync();
        var token = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, world.GatewayUrl.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /vipps/make-payment HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"));

        var answer = new byte[64];
        var read = await stream.ReadAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(8));

        Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(answer, 0, read), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sealed_token_is_gone_once_the_outcome_is_definite()
    {
        var payment = await world.Merchant.CreateAsync(800100);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);
        var count = $"select count(*) from sealed_tokens where payment_id = '{Guid.Parse(payment.PspTransactionId)}'";
        Assert.Equal(1, await world.QueryAsync<long>(count));

        await waiting;

        Assert.Equal(0, await world.QueryAsync<long>(count));
    }

    [Fact]
    public async Task An_acquirer_that_cannot_be_reached_reserves_nothing_and_is_answered_91()
    {
        await using var lonely = new WorldWithoutAcquirer(world);
        await lonely.InitializeAsync();
        var payment = await lonely.Merchant.CreateAsync();

        var posted = await lonely.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal(("FAIL", 91), (posted.PaymentStatus, posted.ErrorId));
        Assert.Equal(0, await lonely.QueryAsync<long>("select count(*) from operations where kind = 'Reverse'"));
    }

    private sealed class WorldWithoutAcquirer(TestWorld like) : TestWorld(like.Postgres)
    {
        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Acquirer:Adyen:BaseUrl"] = $"http://127.0.0.1:{Ports.Free()}" };
    }
}
