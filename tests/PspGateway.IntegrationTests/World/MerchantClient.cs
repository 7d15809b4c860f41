using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace PspGateway.IntegrationTests.World;

/// <summary>An answer as it came.</summary>
internal sealed record Reply(HttpStatusCode Status, string Body, string? ContentType, HttpResponseHeaders Headers)
{
    public JsonNode Json => JsonNode.Parse(Body) ?? throw new InvalidOperationException("null");

    /// <summary>The last word of a problem's type.</summary>
    public string? Problem => Json["type"]?.GetValue<string>().Split(':')[^1];

    /// <summary>What the aggregate counts: authorised, captured, cancelled, refunded.</summary>
    public (long Authorised, long Captured, long Cancelled, long Refunded) Amounts => Aggregate.Of(Json);
}

internal static class Aggregate
{
    public static (long Authorised, long Captured, long Cancelled, long Refunded) Of(JsonNode payment) =>
        (Value(payment, "authorizedAmount"), Value(payment, "capturedAmount"), Value(payment, "cancelledAmount"), Value(payment, "refundedAmount"));

    private static long Value(JsonNode payment, string name) => payment["aggregate"]![name]!["value"]!.GetValue<long>();
}

/// <summary>A created payment, as the merchant knows it.</summary>
internal sealed record CreatedPayment(string Reference, string PspTransactionId, string RedirectUrl);

/// <summary>A merchant that speaks ePayment to the gateway.</summary>
internal sealed class MerchantClient(HttpClient http, Uri gateway, string msn, string clientId, string clientSecret)
{
    private string? _token;

    public static JsonObject ABody(string reference, long amount = 49900) => new()
    {
        ["amount"] = new JsonObject { ["currency"] = "NOK", ["value"] = amount },
        ["paymentMethod"] = new JsonObject { ["type"] = "WALLET" },
        ["reference"] = reference,
        ["userFlow"] = "WEB_REDIRECT",
        ["returnUrl"] = "https://shop.example/back",
        ["paymentDescription"] = "Two loaves of bread",
    };

    public static string AReference() => $"order-{Guid.NewGuid():N}";

    public async Task<string> TokenAsync()
    {
        if (_token is null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, "accesstoken/get"));
            request.Headers.TryAddWithoutValidation("client_id", clientId);
            request.Headers.TryAddWithoutValidation("client_secret", clientSecret);
            request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", Settings.SubscriptionKey);
            var reply = await SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            _token = reply.Json["access_token"]!.GetValue<string>();
        }

        return _token;
    }

    public async Task<CreatedPayment> CreateAsync(long amount = 49900, Action<JsonObject>? change = null)
    {
        var body = ABody(AReference(), amount);
        change?.Invoke(body);
        var reply = await PostAsync(body.ToJsonString(), Guid.NewGuid().ToString());
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var reference = body["reference"]!.GetValue<string>();
        var payment = await GetAsync(reference);
        return new CreatedPayment(reference, payment["pspReference"]!.GetValue<string>(), reply.Json["redirectUrl"]?.GetValue<string>() ?? "");
    }

    public async Task<Reply> PostAsync(string body, string? idempotencyKey, string? merchant = null)
    {
        using var request = await RequestAsync(HttpMethod.Post, "epayment/v1/payments", merchant);
        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }

        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await SendAsync(request);
    }

    /// <summary>Created, approved by the customer, and AUTHORIZED.</summary>
    /// <param name="how">What is special about the approval.</param>
    public async Task<CreatedPayment> AuthorisedAsync(VippsDesk vipps, long amount = 49900, JsonObject? how = null)
    {
        var payment = await CreateAsync(amount);
        Assert.Equal("OK", (await vipps.PostAsync(payment.PspTransactionId, how)).PaymentStatus);
        await TestWorld.EventuallyAsync(async () => await StateAsync(payment.Reference) == "AUTHORIZED");
        return payment;
    }

    /// <param name="what">capture, refund or cancel</param>
    /// <param name="value">Null: no body.</param>
    public async Task<Reply> ModifyAsync(string reference, string what, long? value = null, string? key = null) =>
        await ModifyRawAsync(reference, what, value is { } amount ? new JsonObject { ["modificationAmount"] = new JsonObject { ["currency"] = "NOK", ["value"] = amount } }.ToJsonString() : "", key ?? Guid.NewGuid().ToString());

    public async Task<Reply> ModifyRawAsync(string reference, string what, string body, string? key, string? merchant = null)
    {
        using var request = await RequestAsync(HttpMethod.Post, $"epayment/v1/payments/{reference}/{what}", merchant);
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await SendAsync(request);
    }

    public async Task<JsonNode> GetAsync(string reference)
    {
        var reply = await ReadAsync(reference);
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return reply.Json;
    }

    public async Task<Reply> ReadAsync(string reference, string? merchant = null)
    {
        using var request = await RequestAsync(HttpMethod.Get, $"epayment/v1/payments/{reference}", merchant);
        return await SendAsync(request);
    }

    public async Task<string> StateAsync(string reference) => (await GetAsync(reference))["state"]!.GetValue<string>();

    public async Task<IReadOnlyList<JsonNode>> EventsAsync(string reference)
    {
        using var request = await RequestAsync(HttpMethod.Get, $"epayment/v1/payments/{reference}/events", null);
        return [.. (await SendAsync(request)).Json.AsArray().Select(e => e!)];
    }

    /// <summary>Registers, lists or deletes: the API of webhooks.</summary>
    public async Task<Reply> WebhooksAsync(HttpMethod method, string id = "", byte[]? body = null)
    {
        using var request = await RequestAsync(method, $"webhooks/v1/webhooks{(id.Length > 0 ? "/" : "")}{id}", null);
        request.Content = body is null ? null : new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        return await SendAsync(request);
    }

    /// <param name="events">Without their dress: captured.</param>
    /// <returns>The webhook's id and secret.</returns>
    public async Task<JsonNode> RegisterAsync(Uri url, params string[] events)
    {
        var body = new JsonObject { ["url"] = url.AbsoluteUri, ["events"] = new JsonArray([.. events.Select(e => JsonValue.Create($"epayments.payment.{e}.v1"))]) };
        var reply = await WebhooksAsync(HttpMethod.Post, body: Encoding.UTF8.GetBytes(body.ToJsonString()));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json;
    }

    public async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string path, string? merchant)
    {
        var request = new HttpRequestMessage(method, new Uri(gateway, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync());
        request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", Settings.SubscriptionKey);
        request.Headers.TryAddWithoutValidation("Merchant-Serial-Number", merchant ?? msn);
        return request;
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request);
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.MediaType, response.Headers);
    }
}
