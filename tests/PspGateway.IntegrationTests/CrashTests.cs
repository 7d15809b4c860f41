using Npgsql;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class WorldOfProcesses(TestPostgres postgres) : TestWorld(postgres)
{
    protected override int Replicas => 0;

    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Operations:Lease"] = "00:00:03" };
}

public sealed class CrashTests(WorldOfProcesses world) : IClassFixture<WorldOfProcesses>
{
    [Fact]
    public async Task A_kill_while_a_payment_is_at_the_acquirer_ends_in_a_stored_FAIL_and_a_reversal()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.CreateAsync(800400);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);
        await Task.Delay(500);

        await first.KillAsync();
        Assert.Null((await waiting).Status);
        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        await world.UntilReversedAsync(payment.PspTransactionId, seconds: 40);
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Equal((1, 0, "FAILED"), (books.Authorisations.Count, books.Live, books.VippsState));
        Assert.Single(books.AuthoriseCalls);
        Assert.Equal(0, books.ReportedTimes("cancelled"));
        Assert.Equal("ABORTED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from sealed_tokens"));
        Assert.Equal(85, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
    }

    [Fact]
    public async Task A_kill_between_the_OK_and_its_delivered_mark_takes_the_approval_back_and_tells_Vipps()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.CreateAsync();
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        // The mark's statement also writes a status update; the OK's does not. So the OK goes out, and its mark waits.
        await using (var hold = new NpgsqlCommand("lock table status_updates in exclusive mode", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
        await Task.Delay(300);
        await first.KillAsync();

        // The server would still run the dead process' statement once the lock is gone: it goes with its process.
        await world.QueryAsync<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name like 'pspgateway%'");
        await transaction.RollbackAsync();
        Assert.Equal("Approved", await world.QueryAsync<string>($"select state from payments where id = '{Guid.Parse(payment.PspTransactionId)}'"));
        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        await world.UntilReversedAsync(payment.PspTransactionId, seconds: 40);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("cancelled") == 1, what: "CANCELLED at Vipps");
        Assert.Equal((0, "TERMINATED"), ((await world.BooksAsync(payment.PspTransactionId)).Live, await world.Merchant.StateAsync(payment.Reference)));
    }

    [Fact]
    public async Task A_stop_right_after_the_OK_still_stores_its_delivered_mark()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.CreateAsync();

        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
        await first.StopAsync();

        Assert.Equal("Authorised", await world.QueryAsync<string>($"select state from payments where id = '{Guid.Parse(payment.PspTransactionId)}'"));
    }

    [Fact]
    public async Task A_stop_while_a_payment_is_at_the_acquirer_waits_for_its_answer()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.CreateAsync(800200);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);

        await first.StopAsync();

        Assert.Equal("OK", (await waiting).PaymentStatus);
        Assert.Equal("Authorised", await world.QueryAsync<string>($"select state from payments where id = '{Guid.Parse(payment.PspTransactionId)}'"));
    }

    [Fact]
    public async Task A_create_that_a_kill_broke_off_resumes_under_the_same_key()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        await world.Merchant.TokenAsync();
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "init", ["mode"] = "dropBeforeCommit", ["delayMs"] = 4000, ["times"] = 1 });
        var body = MerchantClient.ABody(MerchantClient.AReference()).ToJsonString();
        var key = Guid.NewGuid().ToString();
        var broken = world.Merchant.PostAsync(body, key);
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from idempotency_keys where key = '{key}'") == 1);

        await first.KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => broken);
        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var resumed = await world.Merchant.PostAsync(body, key);
        var repeated = await world.Merchant.PostAsync(body, key);

        Assert.Equal(System.Net.HttpStatusCode.Created, resumed.Status);
        Assert.Equal(resumed.Body, repeated.Body);
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from payments p join idempotency_keys k on k.payment_id = p.id where k.key = '{key}'"));
    }
}
