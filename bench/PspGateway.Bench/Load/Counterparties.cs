using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace PspGateway.Bench.Load;

/// <summary>Vipps and the acquirer, as quick as they can be played: each answers at once, the acquirer after its delay.</summary>
internal sealed class Counterparties : IAsyncDisposable
{
    private static readonly byte[] AccessToken = """{"token_type":"Bearer","expires_in":"86400","access_token":"bench"}"""u8.ToArray();
    private static readonly byte[] Received = """{"responseInfo":{"responseCode":"9000","responseMessage":"SUCCESS"}}"""u8.ToArray();
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, (string Id, string Token)> _initiated = new(StringComparer.Ordinal);
    private long _reported;
    private long _authorisations;

    public Counterparties(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 4 * 1024 * 1024);
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public TimeSpan AcquirerDelay { get; set; }

    public long Reported => Interlocked.Read(ref _reported);

    public long Authorisations => Interlocked.Read(ref _authorisations);

    public Task StartAsync() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>What init told of the payment with this reference: its id and its makePaymentToken.</summary>
    public (string Id, string Token) Take(string reference) =>
        _initiated.TryRemove(reference, out var payment) ? payment : throw new InvalidOperationException($"{reference} was not initiated.");

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (path.EndsWith("/payments", StringComparison.Ordinal))
        {
            await AuthoriseAsync(context);
        }
        else if (path.EndsWith("/init", StringComparison.Ordinal))
        {
            await InitiateAsync(context);
        }
        else if (path.EndsWith("/updatestatus", StringComparison.Ordinal))
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            Interlocked.Add(ref _reported, body.RootElement.GetProperty("transactions").GetArrayLength());
            await WriteAsync(context, Received);
        }
        else
        {
            await WriteAsync(context, AccessToken);
        }
    }

    private async Task InitiateAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var payment = body.RootElement;
        _initiated[payment.GetProperty("merchantOrderId").GetString()!] = (payment.GetProperty("pspTransactionId").GetString()!, payment.GetProperty("makePaymentToken").GetString()!);
        await WriteAsync(context, """{"url":"https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?token=bench"}"""u8.ToArray());
    }

    private async Task AuthoriseAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        if (AcquirerDelay > TimeSpan.Zero)
        {
            await Task.Delay(AcquirerDelay);
        }

        var number = Interlocked.Increment(ref _authorisations);
        var amount = body.RootElement.GetProperty("amount").GetProperty("value").GetInt64();
        var reference = body.RootElement.GetProperty("reference").GetString();
        await WriteAsync(context, Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"pspReference":"BENCH{{number:D11}}","resultCode":"Authorised","amount":{"currency":"NOK","value":{{amount}}},"merchantReference":"{{reference}}"}""")));
    }

    private static Task WriteAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json).AsTask();
    }
}
