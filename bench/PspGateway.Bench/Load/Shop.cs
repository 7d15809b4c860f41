using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace PspGateway.Bench.Load;

/// <summary>A payment that waits for its token.</summary>
internal sealed record WaitingPayment(string Authorization, byte[] Body);

/// <summary>Plays the merchant, who creates payments, and Vipps' backend, which posts their tokens.</summary>
internal sealed class Shop : IDisposable
{
    public const string Merchant = "123456";
    public const string ClientId = "bench-shop";
    public const string ClientSecret = "bench-shop-secret";
    public const string SubscriptionKey = "bench-shop-key";
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private readonly HttpClient _http;
    private readonly Counterparties _counterparties;
    private readonly string _prefix = Guid.NewGuid().ToString("N")[..8];
    private string _accessToken = "none";
    private long _made;

    public Shop(Uri target, Counterparties counterparties)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10) }) { BaseAddress = target, Timeout = TimeSpan.FromSeconds(60) };
        _counterparties = counterparties;
    }

    /// <summary>The gateway's merchant API asks for an access token; the floor knows none.</summary>
    public async Task SignInAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "accesstoken/get");
        request.Headers.Add("client_id", ClientId);
        request.Headers.Add("client_secret", ClientSecret);
        request.Headers.Add("Ocp-Apim-Subscription-Key", SubscriptionKey);
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        _accessToken = body.RootElement.GetProperty("access_token").GetString()!;
    }

    public async Task<WaitingPayment> CreateAsync()
    {
        var reference = string.Create(CultureInfo.InvariantCulture, $"bench-{_prefix}-{Interlocked.Increment(ref _made)}");
        using var request = new HttpRequestMessage(HttpMethod.Post, "epayment/v1/payments");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {_accessToken}");
        request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", SubscriptionKey);
        request.Headers.TryAddWithoutValidation("Merchant-Serial-Number", Merchant);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", reference);
        request.Content = Content(Encoding.UTF8.GetBytes($$"""
            {"amount":{"currency":"NOK","value":49900},"paymentMethod":{"type":"WALLET"},"reference":"{{reference}}",
            "userFlow":"WEB_REDIRECT","returnUrl":"https://shop.example/back","paymentDescription":"Two loaves of bread"}
            """));
        using var answer = await _http.SendAsync(request);
        if (answer.StatusCode != HttpStatusCode.Created)
        {
            throw new InvalidOperationException($"Create answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }

        var (id, token) = _counterparties.Take(reference);
        return new WaitingPayment(token, Encoding.UTF8.GetBytes($$"""
            {"pspTransactionId":"{{id}}","merchantSerialNumber":"{{Merchant}}","paymentState":"ACCEPTED","paymentInstrument":"TOKEN","binNumber":"492500",
            "networkToken":{"number":"4895370012003478","cryptogram":"AgAAAAAABk4DWZ4C28yUQAAAAAA=","expiryMonth":"12","expiryYear":"2030","tokenType":"VISA","eci":"7"},
            "operations":[{"url":"https://vipps.no/mobileintercept?transactionId={{id}}&responsecode=OK","operation":"3dssuccess"},
            {"url":"https://vipps.no/mobileintercept?transactionId={{id}}&responsecode=CANCEL","operation":"3dscancel"},
            {"url":"https://vipps.no/mobileintercept?transactionId={{id}}&responsecode=FAIL","operation":"3dsfailure"}]}
            """));
    }

    /// <summary>Posts the token. Anything but an OK ends the bench: a refusal is quick, and would be counted as speed.</summary>
    public async Task PayAsync(WaitingPayment payment)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "vipps/make-payment");
        request.Headers.TryAddWithoutValidation("Authorization", payment.Authorization);
        request.Content = Content(payment.Body);
        using var answer = await _http.SendAsync(request);
        var body = await answer.Content.ReadAsByteArrayAsync();
        if (answer.StatusCode != HttpStatusCode.OK || body.AsSpan().IndexOf("\"OK\""u8) < 0)
        {
            throw new InvalidOperationException($"makePayment answered {(int)answer.StatusCode}: {Encoding.UTF8.GetString(body)}");
        }
    }

    public void Dispose() => _http.Dispose();

    private static ByteArrayContent Content(byte[] json) => new(json) { Headers = { ContentType = Json } };
}
