using System.Net;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class CreatePaymentTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task The_same_key_and_body_get_the_same_bytes_and_one_payment()
    {
        var reference = MerchantClient.AReference();
        var body = MerchantClient.ABody(reference).ToJsonString();
        var key = Guid.NewGuid().ToString();

        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => world.Merchant.PostAsync(body, key)));

        Assert.All(replies, r => Assert.Equal(HttpStatusCode.Created, r.Status));
        Assert.Single(replies.Select(r => r.Body).Distinct(StringComparer.Ordinal));
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from payments where reference = '{reference}'"));
        var id = (await world.Merchant.GetAsync(reference))["pspReference"]!.GetValue<string>();
        Assert.Equal(1, (await world.Vipps.PaymentAsync(id))["initCalls"]!.GetValue<int>());
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_409_and_a_used_reference_too()
    {
        var reference = MerchantClient.AReference();
        var key = Guid.NewGuid().ToString();
        await world.Merchant.PostAsync(MerchantClient.ABody(reference).ToJsonString(), key);

        var otherBody = await world.Merchant.PostAsync(MerchantClient.ABody(reference, 50000).ToJsonString(), key);
        var otherKey = await world.Merchant.PostAsync(MerchantClient.ABody(reference).ToJsonString(), Guid.NewGuid().ToString());

        Assert.Equal([HttpStatusCode.Conflict, HttpStatusCode.Conflict], [otherBody.Status, otherKey.Status]);
        Assert.Contains("Idempotency-Key", otherBody.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("reference", otherKey.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amount.value", """{"amount":{"currency":"NOK","value":99}}""")]
    [InlineData("amount.value", """{"amount":{"currency":"NOK","value":65000001}}""")]
    [InlineData("amount.value", """{"amount":{"currency":"NOK","value":"100"}}""")]
    [InlineData("amount.currency", """{"amount":{"currency":"EUR","value":1000}}""")]
    [InlineData("amount", """{"amount":null}""")]
    [InlineData("paymentMethod.type", """{"paymentMethod":{"type":"CARD"}}""")]
    [InlineData("userFlow", """{"userFlow":"QR"}""")]
    [InlineData("reference", """{"reference":"short"}""")]
    [InlineData("returnUrl", """{"returnUrl":"https://evil.example/"}""")]
    [InlineData("returnUrl", """{"returnUrl":null}""")]
    [InlineData("customer.phoneNumber", """{"customer":{"phoneNumber":"4512345678"}}""")]
    [InlineData("customer.phoneNumber", """{"userFlow":"PUSH_MESSAGE","customer":{}}""")]
    [InlineData("paymentDescription", """{"paymentDescription":"ab"}""")]
    [InlineData("metadata", """{"metadata":{"a":1}}""")]
    public async Task A_field_that_is_wrong_is_named_and_nothing_is_stored(string field, string change)
    {
        var body = MerchantClient.ABody(MerchantClient.AReference());
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            body[name] = value?.DeepClone();
        }

        var key = Guid.NewGuid().ToString();
        var reply = await world.Merchant.PostAsync(body.ToJsonString(), key);

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (reply.Status, reply.ContentType));
        Assert.StartsWith(field + ":", reply.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(reply.Body, (await world.Merchant.PostAsync(body.ToJsonString(), key)).Body);
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from idempotency_keys where key = '{key}' and payment_id is not null"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("123456789012345678901234567890123456789012345678901")]
    public async Task An_Idempotency_Key_that_is_missing_or_too_long_is_named(string? key)
    {
        var reply = await world.Merchant.PostAsync(MerchantClient.ABody(MerchantClient.AReference()).ToJsonString(), key);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains("Idempotency-Key", reply.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("WEB_REDIRECT", false, false, null)]
    [InlineData("NATIVE_REDIRECT", true, false, null)]
    [InlineData("PUSH_MESSAGE", false, true, "91234567")]
    public async Task Each_user_flow_reaches_Vipps_in_its_words(string flow, bool isApp, bool skipLandingPage, string? phone)
    {
        var payment = await world.Merchant.CreateAsync(change: body =>
        {
            body["userFlow"] = flow;
            if (phone is not null)
            {
                body["customer"] = new JsonObject { ["phoneNumber"] = "47" + phone };
            }
        });

        var init = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["init"]!;
        Assert.Equal(payment.Reference, init["merchantOrderId"]!.GetValue<string>());
        Assert.Equal((isApp, skipLandingPage, phone), (init["isApp"]?.GetValue<bool>() ?? false, init["skipLandingPage"]?.GetValue<bool>() ?? false, init["customerMobileNumber"]?.GetValue<string>()));
        Assert.Equal(skipLandingPage, payment.RedirectUrl.Length == 0);
    }

    [Fact]
    public async Task An_init_without_an_answer_is_tried_again_with_the_identical_token()
    {
        var reference = MerchantClient.AReference();
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "init", ["mode"] = "status", ["status"] = 500, ["times"] = 1, ["contains"] = reference });

        var reply = await world.Merchant.PostAsync(MerchantClient.ABody(reference).ToJsonString(), Guid.NewGuid().ToString());

        Assert.Equal(HttpStatusCode.Created, reply.Status);
    }

    [Fact]
    public async Task An_init_whose_answer_is_lost_ends_the_payment_and_a_token_that_still_comes_gets_85()
    {
        var reference = MerchantClient.AReference();
        var body = MerchantClient.ABody(reference).ToJsonString();
        var key = Guid.NewGuid().ToString();
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "init", ["mode"] = "drop", ["times"] = 1, ["contains"] = reference });

        var reply = await world.Merchant.PostAsync(body, key);

        Assert.Equal(HttpStatusCode.BadGateway, reply.Status);
        Assert.Contains("init-answer-lost", reply.Json["type"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(reply.Body, (await world.Merchant.PostAsync(body, key)).Body);
        var payment = await world.Merchant.GetAsync(reference);
        Assert.Equal("TERMINATED", payment["state"]!.GetValue<string>());
        Assert.Equal(85, (await world.Vipps.PostAsync(payment["pspReference"]!.GetValue<string>())).ErrorId);
    }

    [Fact]
    public async Task A_push_message_whose_answer_is_lost_needs_no_redirect_and_is_created()
    {
        var reference = MerchantClient.AReference();
        var body = MerchantClient.ABody(reference);
        body["userFlow"] = "PUSH_MESSAGE";
        body["customer"] = new JsonObject { ["phoneNumber"] = "4791234567" };
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "init", ["mode"] = "drop", ["times"] = 1, ["contains"] = reference });

        var reply = await world.Merchant.PostAsync(body.ToJsonString(), Guid.NewGuid().ToString());

        Assert.Equal(HttpStatusCode.Created, reply.Status);
    }

    [Fact]
    public async Task A_Vipps_that_stays_silent_is_502_and_the_same_key_resumes()
    {
        var reference = MerchantClient.AReference();
        var body = MerchantClient.ABody(reference).ToJsonString();
        var key = Guid.NewGuid().ToString();
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "init", ["mode"] = "status", ["status"] = 503, ["times"] = 2, ["contains"] = reference });

        var silent = await world.Merchant.PostAsync(body, key);
        var resumed = await world.Merchant.PostAsync(body, key);

        Assert.Equal([HttpStatusCode.BadGateway, HttpStatusCode.Created], [silent.Status, resumed.Status]);
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from payments where reference = '{reference}'"));
    }

    [Theory]
    [InlineData("99", 409)]
    [InlineData("21", 400)]
    [InlineData("amount.less.than.one", 400)]
    public async Task A_refusal_by_Vipps_ends_the_payment_with_its_text(string code, int status)
    {
        var reference = MerchantClient.AReference();
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "init", ["mode"] = "status", ["status"] = 400, ["body"] = $$"""[{"errorCode":"{{code}}","errorMessage":"Vipps says why","contextId":"c"}]""", ["contains"] = reference });

        var reply = await world.Merchant.PostAsync(MerchantClient.ABody(reference).ToJsonString(), Guid.NewGuid().ToString());

        Assert.Equal((HttpStatusCode)status, reply.Status);
        Assert.Contains("Vipps says why", reply.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("TERMINATED", await world.Merchant.StateAsync(reference));
    }

    [Fact]
    public async Task A_revoked_access_token_is_fetched_anew_once()
    {
        await world.Merchant.CreateAsync();
        await world.Vipps.RevokeAccessTokensAsync();

        var payment = await world.Merchant.CreateAsync();

        Assert.NotEmpty(payment.RedirectUrl);
    }

    [Fact]
    public async Task Every_call_to_Vipps_carries_the_system_headers_and_only_the_access_token_lacks_the_Psp_Id()
    {
        await world.Merchant.CreateAsync();
        foreach (var path in (string[])["accesstoken", "init"])
        {
            var headers = (await world.Vipps.RequestsAsync(path))[0]["headers"]!.AsObject();
            Assert.All((string[])["Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version"], name => Assert.True(headers.ContainsKey(name), $"{path} lacks {name}"));
            Assert.Equal(path == "init", headers.ContainsKey("Psp-Id"));
        }
    }

    [Fact]
    public async Task Force_approve_does_not_exist_outside_Vipps_test_environment()
    {
        var payment = await world.Merchant.CreateAsync();
        using var request = await world.Merchant.RequestAsync(HttpMethod.Post, $"epayment/v1/test/payments/{payment.Reference}/approve", null);
        request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");

        Assert.Equal(HttpStatusCode.NotFound, (await world.Merchant.SendAsync(request)).Status);
    }

    [Fact]
    public async Task A_merchant_sees_its_own_payments_only()
    {
        var payment = await world.Merchant.CreateAsync();
        var other = new MerchantClient(world.Http, world.GatewayUrl, Settings.OtherMerchant, Settings.OtherClientId, Settings.OtherClientSecret);

        Assert.Equal(HttpStatusCode.NotFound, (await other.ReadAsync(payment.Reference)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await other.ReadAsync(payment.Reference, Settings.Merchant)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await other.ReadAsync(payment.Reference, "999999")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await other.PostAsync(MerchantClient.ABody(MerchantClient.AReference()).ToJsonString(), "key", Settings.Merchant)).Status);
    }

    [Fact]
    public async Task Wrong_credentials_and_tokens_are_401()
    {
        var stranger = new HttpRequestMessage(HttpMethod.Post, new Uri(world.GatewayUrl, "accesstoken/get"));
        stranger.Headers.TryAddWithoutValidation("client_id", Settings.ClientId);
        stranger.Headers.TryAddWithoutValidation("client_secret", "wrong-secret");
        stranger.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", Settings.SubscriptionKey);
        Assert.Equal(HttpStatusCode.Unauthorized, (await world.Merchant.SendAsync(stranger)).Status);

        var forged = await world.Merchant.RequestAsync(HttpMethod.Get, "epayment/v1/payments/some-reference", null);
        forged.Headers.Remove("Authorization");
        forged.Headers.TryAddWithoutValidation("Authorization", "Bearer e30.e30.e30");
        Assert.Equal(HttpStatusCode.Unauthorized, (await world.Merchant.SendAsync(forged)).Status);
    }
}

public sealed class WorldThatExpires(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Payments:ExpireAfter"] = "00:00:02", ["Vipps:ErrorIdAsString"] = "true" };
}

public sealed class ExpiryTests(WorldThatExpires world) : IClassFixture<WorldThatExpires>
{
    [Fact]
    public async Task A_payment_that_nobody_approves_expires_and_a_token_that_still_comes_gets_85()
    {
        var payment = await world.Merchant.CreateAsync();

        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "EXPIRED");

        Assert.Contains("\"errorId\":\"85\"", (await world.Vipps.PostAsync(payment.PspTransactionId)).Body, StringComparison.Ordinal);
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
    }

    [Fact]
    public async Task A_payment_that_is_at_the_acquirer_does_not_expire()
    {
        var payment = await world.Merchant.CreateAsync(800400);

        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
    }
}
