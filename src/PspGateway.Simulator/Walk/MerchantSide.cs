using System.Text.Json;

namespace PspGateway.Simulator.Walk;

/// <summary>What a merchant's program does: a token, a payment, a look at it, captures and refunds.</summary>
internal sealed class MerchantSide(WalkHttp http, Uri gateway, SimulatorOptions options)
{
    private static readonly Dictionary<string, string> NoHeaders = [];
    private string _accessToken = "";

    public Uri Gateway => gateway;

    public Task<Seen> ReadyAsync(CancellationToken cancellationToken) =>
        http.SendAsync(HttpMethod.Get, new Uri(gateway, "/health/ready"), NoHeaders, null, cancellationToken);

    public async Task<Seen> FetchTokenAsync(CancellationToken cancellationToken)
    {
        var seen = await http.SendAsync(HttpMethod.Post, new Uri(gateway, "/accesstoken/get"), new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["client_id"] = options.ShopClientId,
            ["client_secret"] = options.ShopClientSecret,
            ["Ocp-Apim-Subscription-Key"] = options.ShopSubscriptionKey,
            ["Merchant-Serial-Number"] = options.ShopMsn,
        }, null, cancellationToken);
        _accessToken = seen.Body?.Text("access_token") ?? "";
        return seen;
    }

    public Task<Seen> CreateAsync(string reference, long amount, Uri returnUrl, CancellationToken cancellationToken) => http.SendAsync(
        HttpMethod.Post, new Uri(gateway, "/epayment/v1/payments"), Headers(idempotencyKey: reference), new
        {
            amount = new { currency = "NOK", value = amount },
            paymentMethod = new { type = "WALLET" },
            reference,
            returnUrl = returnUrl.AbsoluteUri,
            userFlow = "WEB_REDIRECT",
            paymentDescription = "A walk through the gateway",
        }, cancellationToken);

    /// <param name="what">capture or refund</param>
    public Task<Seen> ModifyAsync(string reference, string what, long amount, CancellationToken cancellationToken) => http.SendAsync(
        HttpMethod.Post, new Uri(gateway, $"/epayment/v1/payments/{reference}/{what}"), Headers(idempotencyKey: Guid.NewGuid().ToString()), new
        {
            modificationAmount = new { currency = "NOK", value = amount },
        }, cancellationToken);

    public Task<Seen> ReadAsync(string reference, CancellationToken cancellationToken) =>
        http.SendAsync(HttpMethod.Get, new Uri(gateway, "/epayment/v1/payments/" + reference), Headers(null), null, cancellationToken);

    public static long? Amount(JsonElement payment, string name) => payment.Member("aggregate")?.Member(name)?.Number("value");

    private Dictionary<string, string> Headers(string? idempotencyKey)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Authorization"] = "Bearer " + _accessToken,
            ["Ocp-Apim-Subscription-Key"] = options.ShopSubscriptionKey,
            ["Merchant-Serial-Number"] = options.ShopMsn,
            ["Vipps-System-Name"] = "walk",
        };
        if (idempotencyKey is not null)
        {
            headers["Idempotency-Key"] = idempotencyKey;
        }

        return headers;
    }
}
