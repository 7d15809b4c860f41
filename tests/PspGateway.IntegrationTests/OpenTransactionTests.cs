using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using PspGateway.IntegrationTests.StepUps;
using PspGateway.IntegrationTests.World;
using PspGateway.Storage;

namespace PspGateway.IntegrationTests;

public sealed class AWorldOfSlowAnswers(TestPostgres postgres) : StepUpWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(base.Overrides, StringComparer.Ordinal)
    {
        ["Webhooks:AllowedNetworks:0"] = "127.0.0.0/8",
        ["Vipps:StatusInterval"] = "00:00:00.100",
        ["Deadlines:AcquirerTimeout"] = "00:00:09",
        ["Operations:Lease"] = "00:00:30",
    };
}

/// <summary>Invariant I14: no database transaction is open while another system is asked. A transaction that waits for its owner is idle in the server's eyes.</summary>
public sealed class OpenTransactionTests(AWorldOfSlowAnswers world) : IClassFixture<AWorldOfSlowAnswers>
{
    private const int AnswerDelayMs = 1500;

    [Fact]
    public async Task No_transaction_waits_while_Vipps_the_acquirer_or_a_merchant_is_slow_in_the_whole_life_of_a_payment()
    {
        await using var shop = await MerchantEndpoint.StartAsync();
        shop.Let("/slow", (_, _) => Task.Delay(AnswerDelayMs));
        await world.Merchant.WebhooksAsync(HttpMethod.Post, body: Encoding.UTF8.GetBytes($$"""{"url":"{{shop.Url}}slow","events":["epayments.payment.captured.v1"]}"""));
        foreach (var side in new[] { "vipps", "acquirer" })
        {
            await world.Vipps.FaultAsync(side, new JsonObject { ["path"] = "*", ["mode"] = "delay", ["answerDelayMs"] = AnswerDelayMs, ["times"] = 1000 });
        }

        using var end = new CancellationTokenSource();
        var seen = WatchAsync(end.Token);
        var paid = await world.Merchant.AuthorisedAsync(world.Vipps);
        await world.Merchant.ModifyAsync(paid.Reference, "capture", 20_000);
        await world.Merchant.ModifyAsync(paid.Reference, "refund", 5_000);
        await world.Merchant.ModifyAsync(paid.Reference, "cancel");
        var (_, customer, _) = await world.SoftlyDeclinedAsync(920_200);
        await customer.StartAsync();

        // Approved with another amount than ours, and so undone.
        var undone = await world.Merchant.CreateAsync(700_400);
        await world.Vipps.PostAsync(undone.PspTransactionId);
        await world.UntilReversedAsync(undone.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(paid.PspTransactionId)).ReportedTimes("cancelled") == 1 && shop.On("/slow").Count == 1, what: "reports and webhook");
        await end.CancelAsync();

        Assert.Empty(await seen);
    }

    /// <summary>A replica that is frozen in one, or whose machine has gone without a word, must not hold its rows for ever.</summary>
    [Theory]
    [InlineData("callback")]
    [InlineData("general")]
    public async Task The_server_ends_a_transaction_that_waits_for_its_owner(string pool)
    {
        var database = world.Service<GatewayDatabase>();
        await using var connection = await (pool == "callback" ? database.Callback : database.General).OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var asked = new NpgsqlCommand("show idle_in_transaction_session_timeout", connection);

        Assert.Equal("10s", await asked.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_transaction_that_is_held_open_would_be_seen()
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("select 'held open'", connection, transaction);
        await command.ExecuteScalarAsync();

        using var end = new CancellationTokenSource(AnswerDelayMs);

        Assert.Contains("select 'held open'", await WatchAsync(end.Token));
    }

    /// <summary>The last statements of transactions that did nothing for longer than a machine that is busy makes a pause, and shorter than an answer takes.</summary>
    private async Task<IReadOnlyList<string>> WatchAsync(CancellationToken end)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!end.IsCancellationRequested)
        {
            seen.UnionWith(await world.QueryAllAsync<string>(
                "select query from pg_stat_activity where datname = current_database() and state like 'idle in transaction%' and clock_timestamp() - state_change > interval '1 second'"));
            await Task.Delay(50, CancellationToken.None);
        }

        return [.. seen];
    }
}
