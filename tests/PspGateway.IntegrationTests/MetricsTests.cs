using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Npgsql;
using PspGateway.IntegrationTests.World;
using PspGateway.Storage.Queue;
using PspGateway.Tests.Operators;

namespace PspGateway.IntegrationTests;

public sealed class SilentMetricsWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override int Replicas => 0;

    protected override bool OnALine => true;
}

/// <summary>Each in a process of its own, since all gateways of one process share their meters.</summary>
public sealed class MetricsTests(SilentMetricsWorld world) : IClassFixture<SilentMetricsWorld>
{
    [Fact]
    public async Task A_scrape_shows_what_happened_to_payments()
    {
        using var gateway = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var exposedBefore = Exposure(await ScrapeAsync());
        var approved = await world.Merchant.CreateAsync();
        Assert.Equal("OK", (await world.Vipps.PostAsync(approved.PspTransactionId)).PaymentStatus);
        var refused = await world.Merchant.CreateAsync(901200);
        Assert.Equal(89, (await world.Vipps.PostAsync(refused.PspTransactionId)).ErrorId);
        var cancelled = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(cancelled.PspTransactionId, "USER_CANCEL");
        var strange = await world.Merchant.CreateAsync(700400);
        Assert.Equal(85, (await world.Vipps.PostAsync(strange.PspTransactionId)).ErrorId);
        await world.UntilReversedAsync(strange.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(approved.PspTransactionId)).ReportedTimes("reserved") == 1);
        await TestWorld.EventuallyAsync(async () => Exposure(await ScrapeAsync()).Equals(exposedBefore), what: "the end of the exposure");
        await TestWorld.EventuallyAsync(async () => (await ScrapeAsync()).Find("pspgateway_reports_total", ("result", "sent")).Any());

        var page = await ScrapeAsync();

        Assert.Equal(4, page.Value("pspgateway_payments_created_total"));
        Assert.Equal(1, page.Value("pspgateway_authorisations_total", ("outcome", "approved"), ("reason", "none")));
        Assert.Equal(1, page.Value("pspgateway_authorisations_total", ("outcome", "declined"), ("reason", "insufficient_funds")));
        Assert.Equal(1, page.Value("pspgateway_answers_total", ("decision", "ok"), ("error_id", "none")));
        Assert.Equal(1, page.Value("pspgateway_answers_total", ("decision", "fail"), ("error_id", "89")));
        Assert.Equal(1, page.Value("pspgateway_answers_total", ("decision", "fail"), ("error_id", "93")));
        Assert.Equal(1, page.Value("pspgateway_answer_duration_seconds_count", ("decision", "ok")));
        Assert.Equal(3, page.Value("pspgateway_answer_duration_seconds_count", ("decision", "fail")));
        Assert.Equal(1, page.Value("pspgateway_counterparty_call_duration_seconds_count", ("counterparty", "acquirer"), ("call", "authorise"), ("outcome", "approved")));
        Assert.Equal(4, page.Value("pspgateway_counterparty_call_duration_seconds_count", ("counterparty", "vipps"), ("call", "init"), ("outcome", "http_200")));
        Assert.Equal(1, page.Value("pspgateway_counterparty_call_duration_seconds_count", ("counterparty", "vipps"), ("call", "access_token"), ("outcome", "http_200")));
        Assert.Equal(1, page.Value("pspgateway_delivered_marks_total", ("stored", "true")));
        Assert.Equal(1, page.Value("pspgateway_reports_total", ("result", "sent")));
        Assert.Equal(1, page.Value("pspgateway_reversals_total", ("result", "done")));
        Assert.NotEmpty(page.Find("db_client_connection_count", ("db_client_connection_pool_name", "pspgateway-callback")));
        Assert.NotEmpty(page.Find("kestrel_active_connections"));
        Assert.NotEmpty(page.Find("dotnet_gc_collections_total"));
        Assert.NotEmpty(page.Find("http_server_request_duration_seconds_count", ("http_route", "/vipps/make-payment")));

        // No label tells who paid, to whom, or where anybody is.
        var values = page.Samples.SelectMany(s => s.Labels.Values).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(values, v => v.Contains(approved.PspTransactionId, StringComparison.Ordinal) || v.Contains(approved.Reference, StringComparison.Ordinal) || v == Settings.Merchant);
    }

    [Fact]
    public async Task An_answer_at_the_deadline_is_counted_and_its_exposure_is_seen_until_it_is_reversed()
    {
        var settings = new Dictionary<string, string?>(world.GatewaySettings, StringComparer.Ordinal)
        {
            ["Deadlines:AcquirerTimeout"] = "00:00:08",
            ["Deadlines:StopWaiting"] = "00:00:08.500",
            ["Deadlines:AnswerBy"] = "00:00:10",
            ["Operations:Backoff:0"] = "00:00:00",
            ["Operations:Backoff:1"] = "00:10:00",
        };
        using var gateway = await GatewayProcess.StartAsync(world, settings);
        await world.Vipps.NotificationsAsync("off");
        var payment = await world.Merchant.CreateAsync(801100);

        Assert.Equal(85, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);

        await TestWorld.EventuallyAsync(async () => (await ScrapeAsync()).Find("pspgateway_exposure_minor_units", ("currency", "NOK")).Any(s => s.Value.Equals(801100)), seconds: 40, what: "the exposure");
        var page = await ScrapeAsync();
        Assert.Equal(1, page.Value("pspgateway_answers_deadline_total"));
        Assert.Equal(1, page.Value("pspgateway_operations_open", ("kind", "reverse"), ("status", "unknown")) + page.Value("pspgateway_operations_open", ("kind", "reverse"), ("status", "pending")));
        Assert.InRange(page.Value("pspgateway_exposure_oldest_seconds", ("currency", "NOK")), 0, 60);
        Assert.Equal(1, page.Value("pspgateway_exposure_authorisations", ("currency", "NOK")));

        await LeaveLyingAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await ScrapeAsync()).Value("pspgateway_operations_parked", ("kind", "reverse")).Equals(1), what: "the parked reversal");
        page = await ScrapeAsync();
        Assert.InRange(page.Value("pspgateway_operations_parked_oldest_seconds", ("kind", "reverse")), 3600, 3700);
        Assert.Equal(801100, page.Value("pspgateway_exposure_minor_units", ("currency", "NOK")));
        Assert.Equal((1, 0, 0), (page.Value("pspgateway_reports_waiting", ("stage", "unbatched")), page.Value("pspgateway_reports_waiting", ("stage", "batched")), page.Value("pspgateway_reports_waiting", ("stage", "doubtful"))));
        Assert.InRange(page.Value("pspgateway_reports_waiting_oldest_seconds", ("stage", "unbatched")), 7200, 7300);
        Assert.Equal(1, page.Value("pspgateway_notifications_waiting"));
        Assert.InRange(page.Value("pspgateway_notifications_waiting_oldest_seconds"), 1800, 1900);
        await world.Vipps.NotificationsAsync("on");
    }

    [Fact]
    public async Task Scrapes_that_come_together_all_get_a_whole_page()
    {
        using var gateway = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        var pages = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ScrapeAsync()));

        Assert.All(pages, page => Assert.Equal(1, page.Value("pspgateway_backlog_readable")));
    }

    [Fact]
    public async Task A_silent_database_takes_the_backlog_away_and_nothing_else()
    {
        using var gateway = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        Assert.Equal(1, (await ScrapeAsync()).Value("pspgateway_backlog_readable"));
        await Task.Delay(TimeSpan.FromSeconds(5.5));
        world.Line.GoSilent();
        try
        {
            var watch = Stopwatch.StartNew();
            var page = await ScrapeAsync();

            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 4);
            Assert.Equal(0, page.Value("pspgateway_backlog_readable"));
            Assert.Empty(page.Find("pspgateway_exposure_minor_units"));
            Assert.NotEmpty(page.Find("dotnet_gc_collections_total"));
        }
        finally
        {
            world.Line.ComeBack();
        }
    }

    [Fact]
    public async Task The_backlog_is_read_by_way_of_what_is_open_alone()
    {
        string[] mayUse = ["ix_operations_due", "ix_operations_parked", "ux_operations_open_reverse", "ix_status_updates_due", "ix_status_batches_due", "ix_status_updates_batch", "pk_status_batches", "ix_acquirer_notifications_due"];
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var explain = new NpgsqlCommand($"set enable_seqscan = off; explain (format json) {BacklogRead.Sql}", connection);

        using var plan = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync())!);

        var nodes = NodesOf(plan.RootElement[0].GetProperty("Plan")).ToList();
        Assert.DoesNotContain(nodes, node => node.GetProperty("Node Type").GetString() == "Seq Scan");
        var used = nodes.Where(n => n.TryGetProperty("Index Name", out _)).Select(n => n.GetProperty("Index Name").GetString()!).ToHashSet(StringComparer.Ordinal);
        Assert.True(used.IsSubsetOf(mayUse), string.Join(" ", used));
        Assert.True(used.Count >= 6, string.Join(" ", used));
    }

    /// <summary>Another test's parked reversal may be among it.</summary>
    private static double Exposure(PrometheusPage page) => page.Find("pspgateway_exposure_minor_units", ("currency", "NOK")).Sum(s => s.Value);

    /// <summary>Parks the payment's reversal an hour ago, and puts a report of two hours and a notification of half an hour where no worker looks yet.</summary>
    private async Task LeaveLyingAsync(string pspTransactionId)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            update operations set parked_at = now() - interval '1 hour', parked_why = 'test', due_at = null where payment_id = '{Guid.Parse(pspTransactionId)}' and kind = 'Reverse';
            insert into status_updates (id, operation_id, payment_id, merchant_serial_number, status, success, amount_minor, tries, due_at, created_at)
            select gen_random_uuid(), id, payment_id, '{Settings.Merchant}', 'Cancelled', true, 1, 0, now() + interval '1 hour', now() - interval '2 hours' from operations where payment_id = '{Guid.Parse(pspTransactionId)}' and kind = 'Reverse';
            insert into acquirer_notifications (id, psp_reference, event_code, kind, success, merchant_account, merchant_reference, amount_minor, currency, received_at, due_at, tries)
            values (gen_random_uuid(), 'X', 'OTHER', 'Other', true, 'a', 'r', 1, 'NOK', now() - interval '30 minutes', now() + interval '1 hour', 0);
            """,
            connection);
        await command.ExecuteNonQueryAsync();
    }

    private static IEnumerable<JsonElement> NodesOf(JsonElement node) =>
        node.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray().SelectMany(NodesOf).Prepend(node) : [node];

    private async Task<PrometheusPage> ScrapeAsync()
    {
        using var response = await world.Http.GetAsync(new Uri(world.GatewayUrl, "metrics"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return PrometheusPage.Parse(await response.Content.ReadAsStringAsync());
    }
}
