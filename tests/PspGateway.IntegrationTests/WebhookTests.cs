using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class WorldOfWebhooks(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Webhooks:AllowedNetworks:0"] = "127.0.0.0/8",
        ["Webhooks:Backoff:0"] = "00:00:00.200",
        ["Webhooks:Timeout"] = "00:00:02",
        ["Webhooks:Parallel"] = "8",
        ["Webhooks:PerEndpoint"] = "2",
        ["Operations:Poll"] = "00:00:00.100",
    };
}

/// <summary>What merchants are told by webhook: signed, in order of each payment, and none of them delayed by another's endpoint.</summary>
public sealed class WebhookTests(WorldOfWebhooks world) : IClassFixture<WorldOfWebhooks>, IAsyncLifetime
{
    private const string Every = """["epayments.payment.created.v1","epayments.payment.authorized.v1","epayments.payment.aborted.v1","epayments.payment.captured.v1","epayments.payment.refunded.v1","epayments.payment.cancelled.v1"]""";
    private readonly List<string> _registered = [];
    private MerchantEndpoint _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await MerchantEndpoint.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _registered)
        {
            await SendAsync(HttpMethod.Delete, id);
        }

        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task The_life_of_a_payment_is_told_in_order_and_signed()
    {
        var secret = (await RegisterAsync("/life"))["secret"]!.GetValue<string>();
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        await world.Merchant.ModifyAsync(payment.Reference, "capture", 20000);
        await world.Merchant.ModifyAsync(payment.Reference, "refund", 5000);
        await world.Merchant.ModifyAsync(payment.Reference, "cancel");

        await UntilAsync("/life", payment, 5);

        Assert.Equal(["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"], Of("/life", payment).Select(w => w.Name));
        var captured = Of("/life", payment)[2];
        Assert.Equal(20000, captured.Json["amount"]!["value"]!.GetValue<long>());
        Assert.True(captured.Json["success"]!.GetValue<bool>());
        Assert.Equal(Settings.Merchant, captured.Json["msn"]!.GetValue<string>());
        Assert.Equal(payment.PspTransactionId, captured.Json["pspReference"]!.GetValue<string>());
        Assert.All(Of("/life", payment), webhook => Assert.Equal(Signed(webhook, secret), webhook.Authorization));
    }

    [Fact]
    public async Task An_endpoint_that_hangs_fails_or_is_gone_delays_no_other()
    {
        foreach (var hangs in Enumerable.Range(1, 5))
        {
            // Together more than may be on their way at once.
            _shop.Let($"/hangs-{hangs}", (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));
            await RegisterAsync($"/hangs-{hangs}");
        }

        _shop.Let("/fails", (context, _) =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await RegisterAsync("/fails");
        await RegisterAsync("/gone", new Uri($"http://127.0.0.1:{Ports.Free()}/gone"));
        await RegisterAsync("/well");

        var payments = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => world.Merchant.AuthorisedAsync(world.Vipps)));

        foreach (var payment in payments)
        {
            await UntilAsync("/well", payment, 2, seconds: 10);
        }
    }

    [Fact]
    public async Task What_is_not_taken_comes_again_with_the_same_bytes_and_later_events_of_the_payment_wait_for_it()
    {
        _shop.Let("/later", (context, before) =>
        {
            context.Response.StatusCode = before < 3 ? 503 : 204;
            return Task.CompletedTask;
        });
        await RegisterAsync("/later");

        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);

        await UntilAsync("/later", payment, 5);
        Assert.Equal(["CREATED", "CREATED", "CREATED", "CREATED", "AUTHORIZED"], Of("/later", payment).Select(w => w.Name));
        Assert.Single(Of("/later", payment).Take(4).Select(w => Convert.ToHexString(w.Body)).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_counts_as_not_taken()
    {
        _shop.Let("/moved", (context, _) =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        await RegisterAsync("/moved");

        var payment = await world.Merchant.CreateAsync();

        await UntilAsync("/moved", payment, 2);
        Assert.Empty(_shop.On("/elsewhere"));
    }

    [Fact]
    public async Task A_merchant_is_told_what_it_registered_for_and_of_no_other_merchants_payments()
    {
        await RegisterAsync("/captures", events: """["epayments.payment.captured.v1"]""");
        var other = new MerchantClient(world.Http, world.GatewayUrl, Settings.OtherMerchant, Settings.OtherClientId, Settings.OtherClientSecret);
        var theirs = await other.CreateAsync(change: body => body["returnUrl"] = "https://other.example/back");
        var ours = await world.Merchant.AuthorisedAsync(world.Vipps);
        await world.Merchant.ModifyAsync(ours.Reference, "capture", 100);

        await UntilAsync("/captures", ours, 1);

        Assert.Equal(["CAPTURED"], _shop.On("/captures").Select(w => w.Name));
        Assert.Empty(Of("/captures", theirs));
    }

    [Fact]
    public async Task A_webhook_is_listed_without_its_secret_and_tells_nothing_once_deleted()
    {
        var webhook = await RegisterAsync("/short");
        var id = webhook["id"]!.GetValue<string>();
        var list = await SendAsync(HttpMethod.Get, "");

        Assert.Contains(list.Json["webhooks"]!.AsArray(), w => w!["id"]!.GetValue<string>() == id && w["url"]!.GetValue<string>() == new Uri(_shop.Url, "/short").AbsoluteUri);
        Assert.DoesNotContain(webhook["secret"]!.GetValue<string>(), list.Body, StringComparison.Ordinal);
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from webhook_subscriptions where encode(sealed_secret, 'escape') like '%{webhook["secret"]!.GetValue<string>()[..20]}%'"));
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, id)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, id)).Status);
        await world.Merchant.CreateAsync();
        await Task.Delay(500);
        Assert.Empty(_shop.On("/short"));
    }

    [Theory]
    [InlineData("no", "JSON")]
    [InlineData("[]", "JSON")]
    [InlineData("{}", "events")]
    [InlineData("""{"events":["epayments.payment.captured.v1"]}""", "url")]
    [InlineData("""{"url":"https://shop.example/hook","events":"epayments.payment.captured.v1"}""", "events")]
    [InlineData("""{"url":"https://shop.example/hook","events":["epayments.payment.eaten.v1"]}""", "events")]
    [InlineData("""{"url":"https://shop.example/hook","events":["epayments.payment.captured.v1","epayments.payment.captured.v1"]}""", "events")]
    [InlineData("""{"url":7,"events":["epayments.payment.captured.v1"]}""", "url")]
    [InlineData("""{"url":"http://shop.example/hook","events":["epayments.payment.captured.v1"]}""", "url")]
    [InlineData("""{"url":"https://user:word@shop.example/hook","events":["epayments.payment.captured.v1"]}""", "url")]
    [InlineData("""{"url":"ftp://shop.example/hook","events":["epayments.payment.captured.v1"]}""", "url")]
    public async Task What_is_wrong_with_a_registration_is_named(string body, string named)
    {
        var reply = await SendAsync(HttpMethod.Post, "", body);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(named, reply.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_25_webhooks_of_an_event_are_refused()
    {
        for (var i = 0; i < 25; i++)
        {
            await RegisterAsync($"/many-{i}", events: """["epayments.payment.expired.v1"]""");
        }

        var reply = await SendAsync(HttpMethod.Post, "", $$"""{"url":"{{_shop.Url}}more","events":["epayments.payment.expired.v1"]}""");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
    }

    private static string Signed(ReceivedWebhook webhook, string secret)
    {
        Assert.Equal(Convert.ToBase64String(SHA256.HashData(webhook.Body)), webhook.Hash);
        var signed = $"POST\n{webhook.Path}\n{webhook.Date};{webhook.Host};{webhook.Hash}";
        return $"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)))}";
    }

    private IReadOnlyList<ReceivedWebhook> Of(string path, CreatedPayment payment) => [.. _shop.On(path).Where(w => w.Reference == payment.Reference)];

    private Task UntilAsync(string path, CreatedPayment payment, int count, double seconds = 20) => TestWorld.EventuallyAsync(() => Task.FromResult(Of(path, payment).Count >= count), seconds, $"{count} webhooks on {path}");

    private async Task<JsonNode> RegisterAsync(string path, Uri? url = null, string events = Every)
    {
        var reply = await SendAsync(HttpMethod.Post, "", $$"""{"url":"{{url ?? new Uri(_shop.Url, path)}}","events":{{events}}}""");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        _registered.Add(reply.Json["id"]!.GetValue<string>());
        return reply.Json;
    }

    private async Task<Reply> SendAsync(HttpMethod method, string id, string? body = null)
    {
        using var request = await world.Merchant.RequestAsync(method, $"webhooks/v1/webhooks{(id.Length > 0 ? "/" : "")}{id}", null);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await world.Merchant.SendAsync(request);
    }
}
