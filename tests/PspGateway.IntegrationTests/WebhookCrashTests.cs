using System.Collections.Concurrent;
using Npgsql;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class WorldOfKilledWebhooks(TestPostgres postgres) : TestWorld(postgres)
{
    protected override int Replicas => 0;

    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Webhooks:AllowedNetworks:0"] = "127.0.0.0/8",
        ["Webhooks:Backoff:0"] = "00:00:00.200",
        ["Webhooks:Timeout"] = "00:00:06",
        ["Operations:Lease"] = "00:00:02",
        ["Operations:Poll"] = "00:00:00.100",
    };
}

/// <summary>What merchants are told when the process that tells them dies.</summary>
public sealed class WebhookCrashTests(WorldOfKilledWebhooks world) : IClassFixture<WorldOfKilledWebhooks>
{
    private static readonly string[] Life = ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"];

    [Fact]
    public async Task After_a_kill_between_a_delivery_and_its_mark_every_event_arrives_and_those_of_a_payment_in_order()
    {
        await using var shop = await MerchantEndpoint.StartAsync();
        var taken = new ConcurrentQueue<(string Reference, string Name)>();
        var open = false;
        var calls = 0;
        var reached = new SemaphoreSlim(0);

        // Opened before: an endpoint that waits for a connection would be given up.
        await using var firstLock = await ConnectedAsync();
        await using var secondLock = await ConnectedAsync();

        // At the fourth call and the thirteenth the endpoint says 200, and the mark that it did waits for a lock.
        shop.Let("/hook", async (context, _) =>
        {
            if (!Volatile.Read(ref open))
            {
                context.Response.StatusCode = 503;
                return;
            }

            var webhook = shop.On("/hook").Last(w => w.Authorization == context.Request.Headers.Authorization);
            taken.Enqueue((webhook.Reference, webhook.Name));
            if (Interlocked.Increment(ref calls) is var call && call is 4 or 13)
            {
                await LockAsync(call == 4 ? firstLock : secondLock);
                reached.Release();
            }
        });
        var gateway = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        try
        {
            await world.Merchant.RegisterAsync(new Uri(shop.Url, "/hook"), "created", "authorized", "captured", "refunded", "cancelled");
            var payments = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => LiveAsync()));

            Volatile.Write(ref open, true);
            foreach (var held in (NpgsqlConnection[])[firstLock, secondLock])
            {
                Assert.True(await reached.WaitAsync(TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken), "the delivery before a kill");
                await TestWorld.EventuallyAsync(async () => await WaitingMarksAsync() > 0, what: "the mark that waits");
                await gateway.KillAsync();

                // The server would still run the dead process' statements once the lock is gone: they go with their process.
                await world.QueryAsync<long>("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name like 'pspgateway%'");
                await held.CloseAsync();
                gateway.Dispose();
                gateway = await GatewayProcess.StartAsync(world, world.GatewaySettings);
            }

            await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from webhook_deliveries where delivered_at is null") == 0, 60, "the end of the deliveries");

            Assert.True(taken.Count >= 25 + 2, $"{taken.Count} deliveries: none of those whose mark was lost came again");
            foreach (var payment in payments)
            {
                // Perhaps one twice; none before the one that it follows, and none after the one that follows it.
                var names = taken.Where(t => t.Reference == payment.Reference).Select(t => t.Name).ToList();
                Assert.Equal(Life, names.Distinct());
                Assert.Equal(names.Order(Comparer<string>.Create((a, b) => Array.IndexOf(Life, a) - Array.IndexOf(Life, b))), names);
            }

            Assert.Equal(25, await world.QueryAsync<long>("select count(*) from webhook_deliveries where delivered_at is not null and parked_at is null"));
        }
        finally
        {
            gateway.Dispose();
        }
    }

    private async Task<CreatedPayment> LiveAsync()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        await world.Merchant.ModifyAsync(payment.Reference, "capture", 20_000);
        await world.Merchant.ModifyAsync(payment.Reference, "refund", 5_000);
        Assert.Equal((49_900, 20_000, 29_900, 5_000), (await world.Merchant.ModifyAsync(payment.Reference, "cancel")).Amounts);
        return payment;
    }

    private async Task<NpgsqlConnection> ConnectedAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(world.Database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Nothing is written to the deliveries until the connection is closed.</summary>
    private static async Task LockAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("begin; lock table webhook_deliveries in exclusive mode", connection);
        await command.ExecuteNonQueryAsync();
    }

    private Task<long> WaitingMarksAsync() => world.QueryAsync<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'pspgateway%' and wait_event_type = 'Lock' and query like '%delivered_at = clock_timestamp()%'");
}
