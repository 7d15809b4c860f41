using PspGateway.IntegrationTests.World;
using PspGateway.Merchants;

namespace PspGateway.IntegrationTests;

public sealed class IdempotencyPurgeTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task Keys_older_than_thirty_days_are_removed_in_batches_and_younger_ones_stay()
    {
        var payment = await world.Merchant.CreateAsync();
        var young = await InsertAsync("young", 10, "29 days 23 hours");
        var old = await InsertAsync("old", 2500, "30 days 1 hour");
        Assert.Equal((10, 2500), (young, old));

        await world.Service<IdempotencyPurge>().DrainAsync(CancellationToken.None);

        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from idempotency_keys where key like 'old-%'"));
        Assert.Equal(10, await world.QueryAsync<long>("select count(*) from idempotency_keys where key like 'young-%'"));
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from idempotency_keys where payment_id = '{Guid.Parse(payment.PspTransactionId)}'"));
    }

    private Task<long> InsertAsync(string name, int count, string age) => world.QueryAsync<long>(
        $"""
        with made as (
            insert into idempotency_keys (merchant_serial_number, scope, key, body_hash, generation, created_at)
            select '123456', 'POST /epayment/v1/payments', '{name}-' || n, '\x00', 1, clock_timestamp() - interval '{age}' from generate_series(1, {count}) n
            returning 1)
        select count(*) from made
        """);
}
