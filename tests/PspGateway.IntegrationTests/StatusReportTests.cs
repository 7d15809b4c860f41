using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>
/// Many reports against a Vipps that recognises no repeat, loses answers, refuses access tokens, throttles, breaks, and refuses bad rows: each
/// has its effect exactly once, in order per payment. PSPGATEWAY_UPDATES says how many; the bad ones are a thousandth.
/// </summary>
public sealed class StatusReportTests(TestPostgres postgres, ITestOutputHelper output)
{
    private const int PerPayment = 10;

    [Fact]
    public async Task Every_report_has_its_effect_exactly_once_in_order_and_each_bad_row_is_parked_alone()
    {
        var updates = int.TryParse(Environment.GetEnvironmentVariable("PSPGATEWAY_UPDATES"), out var asked) ? asked : 3000;
        await using var world = new BusyWorld(postgres);
        await world.InitializeAsync();
        var payments = Enumerable.Range(0, updates / PerPayment).Select(_ => Guid.CreateVersion7()).ToList();
        await Parallel.ForEachAsync(payments, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (id, _) => await InitiateAsync(world, id));
        var bad = Enumerable.Range(0, Math.Max(1, updates / 1000)).Select(_ => Guid.CreateVersion7()).ToList();
        foreach (var (mode, status, permille) in new[] { ("commitThenDrop", 0, 50), ("status", 401, 20), ("status", 429, 50), ("status", 503, 25), ("commitThen500", 0, 13), ("status", 500, 12) })
        {
            await world.Vipps.FaultAsync("vipps", new JsonObject { ["path"] = "updatestatus", ["mode"] = mode, ["status"] = status, ["times"] = 1_000_000, ["permille"] = permille, ["retryAfterSeconds"] = status == 429 ? 1 : null });
        }

        var watch = Stopwatch.StartNew();
        await StoreAsync(world, [.. payments.Select(id => (id, PerPayment)), .. bad.Select(id => (id, 1))]);
        await TestWorld.EventuallyAsync(
            async () => await world.QueryAsync<long>("select count(*) from status_updates where sent_at is null and parked_at is null") == 0, seconds: 60 + (updates / 50), what: "the end of the reports");
        output.WriteLine($"{updates} updates and {bad.Count} bad ones in {watch.Elapsed.TotalSeconds:F1} s, in {await world.QueryAsync<long>("select count(*) from status_batches")} batches, {await world.QueryAsync<long>("select count(*) from status_batches where doubtful")} of them doubtful.");

        Assert.Equal(bad.Order(), await world.QueryAllAsync<Guid>("select payment_id from status_updates where parked_at is not null order by payment_id"));
        var expected = Enumerable.Range(1, PerPayment).Select(Expected).ToList();
        foreach (var id in payments)
        {
            Assert.Equal(expected, (await DetailsAsync(world, id))!);
        }
    }

    [Fact]
    public async Task A_Vipps_that_asks_for_patience_gets_it()
    {
        await using var world = new BusyWorld(postgres);
        await world.InitializeAsync();
        await world.Vipps.FaultAsync("vipps", new JsonObject { ["path"] = "updatestatus", ["mode"] = "status", ["status"] = 429, ["retryAfterSeconds"] = 4 });
        var id = Guid.CreateVersion7();
        await InitiateAsync(world, id);
        await StoreAsync(world, [(id, 1)]);

        await TestWorld.EventuallyAsync(async () => (await DetailsAsync(world, id)).Count == 1);

        var calls = await world.Vipps.RequestsAsync("updatestatus");
        Assert.Equal(2, calls.Count);
        Assert.InRange((calls[1]["at"]!.GetValue<DateTimeOffset>() - calls[0]["at"]!.GetValue<DateTimeOffset>()).TotalSeconds, 3.9, 8);
    }

    // Captures and refunds in turn, none of which looks like another of its payment.
    private static string Expected(int number) => $"{(number % 2 == 1 ? "CAPTURED" : "REFUNDED")} {100 + ((number + 1) / 2)}";

    private static async Task InitiateAsync(TestWorld world, Guid id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.SimulatorUrl, "psp/v3/psppayments/init"));
        foreach (var (name, value) in await HeadersAsync(world))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = JsonContent.Create(new { pspTransactionId = id.ToString("N"), merchantOrderId = id.ToString("N"), amount = 100_000, currency = "NOK", pspRedirectUrl = "https://psp.example/return", makePaymentUrl = "https://psp.example/make-payment", makePaymentToken = "token" });
        using var response = await world.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<List<string>> DetailsAsync(TestWorld world, Guid id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(world.SimulatorUrl, $"psp/v3/psppayments/{id:N}/details"));
        foreach (var (name, value) in await HeadersAsync(world))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await world.Http.SendAsync(request);
        return [.. JsonNode.Parse(await response.Content.ReadAsStringAsync())!["transactionLogHistory"]!.AsArray().Select(e => $"{e!["operation"]} {e["amount"]}")];
    }

    private static async Task<Dictionary<string, string>> HeadersAsync(TestWorld world) => new(StringComparer.Ordinal)
    {
        ["Authorization"] = "Bearer " + await ((BusyWorld)world).TokenAsync(),
        ["Ocp-Apim-Subscription-Key"] = "simulated-psp-subscription-key",
        ["Psp-Id"] = "C948DFD1546347568874C4DDC93A2E3C",
        ["Merchant-Serial-Number"] = Settings.Merchant,
    };

    /// <summary>Payments with reports that wait, as captures and refunds would leave them, those of all payments mixed.</summary>
    private static Task StoreAsync(TestWorld world, List<(Guid Id, int Each)> payments) => world.ExecuteAsync($"""
        create temporary table many as select m.id, m.reports, random() * interval '30 minutes' as at
        from unnest(array[{string.Join(',', payments.Select(p => $"'{p.Id}'::uuid"))}], array[{string.Join(',', payments.Select(p => p.Each))}]) as m (id, reports);
        insert into payments (id, merchant_serial_number, reference, amount_minor, currency, user_flow, state, return_reference, acquirer_account, callback_key_id,
                              callback_expires_at, callback_token_hash, authorised_minor, captured_minor, cancelled_minor, refunded_minor, created_at, expires_at)
        select id, '{Settings.Merchant}', replace(id::text, '-', ''), 100000, 'NOK', 'WebRedirect', 'Authorised', id::text, 'TestAccount', 't1', now(), ''::bytea, 100000, 0, 0, 0, now(), now() from many;
        insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key, tries, ladder_base, generation, created_at, finished_at)
        select gen_random_uuid(), id, case n % 2 when 1 then 'Capture' else 'Refund' end, (n + 1) / 2, 100 + (n + 1) / 2, 'NOK', 'Succeeded', id || '-' || n, id || '-' || n, 1, 0, 1, now() - interval '1 hour' + at + n * interval '1 ms', now()
        from many, generate_series(1, reports) n;
        insert into status_updates (id, operation_id, payment_id, merchant_serial_number, status, success, amount_minor, tries, due_at, created_at)
        select gen_random_uuid(), o.id, o.payment_id, '{Settings.Merchant}', case o.kind when 'Capture' then 'Captured' else 'Refunded' end, true, o.amount_minor, 0, o.created_at, o.created_at
        from operations o join many m on m.id = o.payment_id order by o.created_at
        """);

    private sealed class BusyWorld(TestPostgres postgres) : TestWorld(postgres)
    {
        private string? _token;

        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Vipps:StatusBatchSize"] = "100" };

        public async Task<string> TokenAsync()
        {
            if (_token is null)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(SimulatorUrl, "accesstoken/get"));
                request.Headers.TryAddWithoutValidation("client_id", "simulated-psp-client");
                request.Headers.TryAddWithoutValidation("client_secret", "simulated-psp-secret");
                request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", "simulated-psp-subscription-key");
                using var response = await Http.SendAsync(request);
                _token = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["access_token"]!.GetValue<string>();
            }

            return _token;
        }
    }
}
