using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>A payment's steps, all under the trace id that is its pspTransactionId.</summary>
public sealed class TraceTests(TestWorld world) : IClassFixture<TestWorld>
{
    private const string OurSource = "PspGateway";

    [Fact]
    public async Task Every_step_of_a_payment_has_its_id_as_trace_id()
    {
        using var spans = new Spans();

        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1);
        await TestWorld.EventuallyAsync(() => Task.FromResult(spans.Of(payment.PspTransactionId, "report").Count == 1 && spans.Of(payment.PspTransactionId, "notification").Count > 0), what: "the last spans");

        string[] expected = ["create", "initiate", "vipps init", "make-payment", "authorise", "acquirer authorise", "delivered", "report", "notification"];
        Assert.Subset(spans.Of(payment.PspTransactionId).Select(s => s.DisplayName).ToHashSet(StringComparer.Ordinal), expected.ToHashSet(StringComparer.Ordinal));

        // The steps hang from one parent that stands for the payment; what happens inside a step hangs from that.
        var root = ActivitySpanId.CreateFromString(payment.PspTransactionId.AsSpan(16)).ToHexString();
        Assert.All(["create", "make-payment", "delivered", "report", "notification"], (string name) => Assert.All(spans.Of(payment.PspTransactionId, name), s => Assert.Equal(root, s.ParentSpanId.ToHexString())));
        Assert.Equal(spans.One(payment, "make-payment").SpanId, spans.One(payment, "authorise").ParentSpanId);
        Assert.Equal(spans.One(payment, "authorise").SpanId, spans.One(payment, "acquirer authorise").ParentSpanId);
        Assert.Contains(spans.All, s => s.Source.Name == "System.Net.Http" && s.ParentSpanId == spans.One(payment, "acquirer authorise").SpanId);
        Assert.Contains(spans.All, s => s.Source.Name == "Npgsql" && s.TraceId == spans.One(payment, "authorise").TraceId);
        Assert.Equal("ok", spans.One(payment, "make-payment").GetTagItem("decision"));
        Assert.Equal("approved", spans.One(payment, "acquirer authorise").GetTagItem("outcome"));
        Assert.Equal("approved", spans.One(payment, "authorise").GetTagItem("outcome"));
    }

    [Fact]
    public async Task Steps_and_what_surrounds_them_are_linked_both_ways()
    {
        using var spans = new Spans();

        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(() => Task.FromResult(spans.Of(payment.PspTransactionId, "report").Count == 1), what: "the report");

        var request = spans.All.Single(s => s.SpanId == spans.One(payment, "make-payment").Links.Single().Context.SpanId);
        Assert.Equal("Microsoft.AspNetCore", request.Source.Name);
        Assert.Equal(payment.PspTransactionId, request.GetTagItem("pspgateway.psp_transaction_id"));
        var batch = spans.One(payment, "report").Links.Single().Context;
        await TestWorld.EventuallyAsync(() => Task.FromResult(spans.All.Any(s => s.SpanId == batch.SpanId)), what: "the batch's end");
        Assert.Contains(spans.All.Single(s => s.SpanId == batch.SpanId).Links, link => link.Context.TraceId.ToHexString() == payment.PspTransactionId);
    }

    [Fact]
    public async Task A_reversal_is_in_the_trace_of_its_payment()
    {
        using var spans = new Spans();

        var payment = await world.Merchant.CreateAsync(700400);
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilReversedAsync(payment.PspTransactionId);

        await TestWorld.EventuallyAsync(() => Task.FromResult(spans.Of(payment.PspTransactionId, "reversed").Count == 1), what: "the end of the reversal");
        Assert.NotEmpty(spans.Of(payment.PspTransactionId, "reverse"));
        Assert.NotEmpty(spans.Of(payment.PspTransactionId, "acquirer cancel"));
    }

    [Fact]
    public async Task Nobody_outside_is_sent_our_trace_headers_or_a_callers_baggage()
    {
        using var spans = new Spans();
        using var request = await world.Merchant.RequestAsync(HttpMethod.Post, "epayment/v1/payments", null);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", Guid.NewGuid().ToString());
        request.Headers.TryAddWithoutValidation("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
        request.Headers.TryAddWithoutValidation("baggage", "who=the-merchants-own");
        var body = MerchantClient.ABody(MerchantClient.AReference()).ToJsonString();
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");

        Assert.Equal(HttpStatusCode.Created, (await world.Merchant.SendAsync(request)).Status);

        var sent = (await world.Vipps.RequestsAsync("/psp/v3/psppayments/init"))[^1].ToJsonString();
        Assert.Contains("Merchant-Serial-Number", sent, StringComparison.OrdinalIgnoreCase);
        Assert.All(["traceparent", "tracestate", "baggage", "Correlation-Context"], (string header) => Assert.DoesNotContain(header, sent, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("the-merchants-own", sent, StringComparison.Ordinal);
    }

    /// <summary>All spans of this process that ended while this lives.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is OurSource or "Npgsql" or "System.Net.Http" or "Microsoft.AspNetCore",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> All => [.. _ended];

        public IReadOnlyList<Activity> Of(string pspTransactionId, string? name = null) =>
            [.. _ended.Where(s => s.Source.Name == OurSource && s.TraceId.ToHexString() == pspTransactionId && (name is null || s.DisplayName == name))];

        public Activity One(CreatedPayment payment, string name) => Of(payment.PspTransactionId, name).Single();

        public void Dispose() => _listener.Dispose();
    }
}

/// <summary>What leaves for a collector, from a process of its own.</summary>
public sealed class CollectorTests(WorldOfProcesses world) : IClassFixture<WorldOfProcesses>
{
    [Fact]
    public async Task Traces_and_metrics_reach_the_collector_that_the_environment_names()
    {
        var collected = new ConcurrentQueue<(string Path, byte[] Body)>();
        var url = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url.AbsoluteUri);
        await using var collector = builder.Build();
        collector.MapPost("/v1/{signal}", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            collected.Enqueue((context.Request.Path, body.ToArray()));
        });
        await collector.StartAsync();
        var settings = new Dictionary<string, string?>(world.GatewaySettings, StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url.AbsoluteUri,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "named-by-its-operator",
        };
        using var gateway = await GatewayProcess.StartAsync(world, settings);
        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1);

        // The return page's address is the customer's alone: neither a log line nor a span names it.
        var reference = await world.QueryAsync<string>($"select return_reference from payments where id = '{Guid.Parse(payment.PspTransactionId)}'");
        await world.Http.GetStringAsync(new Uri(world.GatewayUrl, $"return/{reference}"));
        using var head = await world.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(world.GatewayUrl, $"return/{reference}")));
        using var below = await world.Http.GetAsync(new Uri(world.GatewayUrl, $"return/{reference}/x"));

        // What was not sent yet is sent by an orderly stop.
        var stopping = Stopwatch.StartNew();
        await gateway.StopAsync();

        Assert.InRange(stopping.Elapsed.TotalSeconds, 0, 5);
        Assert.Contains(collected, c => c.Path == "/v1/traces" && c.Body.AsSpan().IndexOf(Convert.FromHexString(payment.PspTransactionId)) >= 0 && c.Body.AsSpan().IndexOf("make-payment"u8) >= 0);
        Assert.Contains(collected, c => c.Path == "/v1/traces" && c.Body.AsSpan().IndexOf("named-by-its-operator"u8) >= 0);
        Assert.Contains(collected, c => c.Path == "/v1/metrics" && c.Body.AsSpan().IndexOf("pspgateway.answers"u8) >= 0 && c.Body.AsSpan().IndexOf("pspgateway.reports.waiting"u8) >= 0);
        Assert.DoesNotContain(collected, c => c.Body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Settings.ClientSecret)) >= 0 || c.Body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(reference)) >= 0);
        Assert.Contains("/return/{reference}", gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(reference, gateway.Output, StringComparison.Ordinal);
    }
}
