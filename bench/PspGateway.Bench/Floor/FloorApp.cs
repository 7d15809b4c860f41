using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace PspGateway.Bench.Floor;

/// <summary>
/// The floor: the smallest program that takes the same durable steps as the gateway, by hand with raw Npgsql. No authentication, no
/// encryption, no history, no idempotency, no deadline, no recovery. What the gateway costs is told as a ratio to it.
/// </summary>
internal static class FloorApp
{
    private static readonly byte[] Ok = """{"paymentInfo":{"status":"OK"}}"""u8.ToArray();

    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        await using var store = new FloorStore(builder.Configuration["ConnectionStrings:Postgres"] ?? throw new InvalidOperationException("ConnectionStrings:Postgres"));
        await store.CreateSchemaAsync();
        using var counterparties = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(builder.Configuration["Counterparties"] ?? throw new InvalidOperationException("Counterparties")),
        };
        var app = builder.Build();
        app.MapPost("/epayment/v1/payments", (HttpRequest request) => CreateAsync(request, store, counterparties));
        app.MapPost("/vipps/make-payment", (HttpRequest request) => PayAsync(request, store, counterparties));
        app.MapGet("/health/ready", () => TypedResults.Ok());
        _ = ReportAsync(store, counterparties, app.Lifetime.ApplicationStopping);
        await app.RunAsync();
        return 0;
    }

    private static async Task<ContentHttpResult> CreateAsync(HttpRequest request, FloorStore store, HttpClient counterparties)
    {
        using var body = await JsonDocument.ParseAsync(request.Body);
        var reference = body.RootElement.GetProperty("reference").GetString()!;
        var amount = body.RootElement.GetProperty("amount").GetProperty("value").GetInt64();
        var id = Guid.CreateVersion7();
        await store.InsertPaymentAsync(id, reference, amount);
        var init = $$"""{"pspTransactionId":"{{id:N}}","merchantOrderId":"{{reference}}","amount":{{amount}},"currency":"NOK","makePaymentToken":"none"}""";
        using var answer = JsonDocument.Parse(await PostAsync(counterparties, "/psp/v3/psppayments/init", init));
        var url = answer.RootElement.GetProperty("url").GetString()!;
        await store.StoreInitAnswerAsync(id, url);
        return TypedResults.Text($$"""{"redirectUrl":"{{url}}","reference":"{{reference}}"}""", "application/json", statusCode: StatusCodes.Status201Created);
    }

    private static async Task<BytesResult> PayAsync(HttpRequest request, FloorStore store, HttpClient counterparties)
    {
        using var body = await JsonDocument.ParseAsync(request.Body);
        var id = Guid.Parse(body.RootElement.GetProperty("pspTransactionId").GetString()!);
        var token = body.RootElement.GetProperty("networkToken");
        var amount = await store.StoreTokenAsync(id, Encoding.UTF8.GetBytes(token.GetRawText()));
        var authorise = $$"""
            {"amount":{"currency":"NOK","value":{{amount}}},"merchantAccount":"Floor","reference":"{{id:N}}-1",
            "paymentMethod":{"type":"networkToken","number":"{{token.GetProperty("number").GetString()}}" } }
            """;
        using var answer = JsonDocument.Parse(await PostAsync(counterparties, "/adyen/v72/payments", authorise));
        var approved = answer.RootElement.GetProperty("resultCode").GetString() == "Authorised";
        await store.StoreOutcomeAsync(id, amount, approved, answer.RootElement.GetProperty("pspReference").GetString()!, Ok);
        return new BytesResult(Ok);
    }

    private static async Task ReportAsync(FloorStore store, HttpClient counterparties, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(stopping))
        {
            while (await store.ReadReportsAsync() is { Count: > 0 } reports)
            {
                var transactions = reports.Select(r => $$"""{"pspTransactionId":"{{r.Id:N}}","status":"RESERVED","amount":{{r.Amount}},"currency":"NOK","operationStatus":"SUCCESS"}""");
                await PostAsync(counterparties, "/psp/v3/psppayments/updatestatus", "{\"transactions\":[" + string.Join(',', transactions) + "]}");
                await store.FinishReportsAsync([.. reports.Select(r => r.Id)]);
            }
        }
    }

    private static async Task<byte[]> PostAsync(HttpClient counterparties, string path, string json)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await counterparties.PostAsync(new Uri(path, UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Writes bytes as they are, as the gateway does.</summary>
    private sealed class BytesResult(byte[] body) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json";
            httpContext.Response.ContentLength = body.Length;
            return httpContext.Response.Body.WriteAsync(body).AsTask();
        }
    }
}
