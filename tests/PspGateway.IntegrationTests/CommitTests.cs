using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>What an answer costs the database. Transaction numbers are the whole server's, so nobody else may write meanwhile.</summary>
[Collection(Alone.Name)]
public sealed class CommitTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task An_answer_waits_for_two_commits_and_no_more()
    {
        var fewest = long.MaxValue;
        for (var tries = 0; tries < 10; tries++)
        {
            var payment = await world.Merchant.CreateAsync();
            await Task.Delay(50);
            var before = await WritesAsync();
            Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
            fewest = Math.Min(fewest, await WritesAsync() - before);
            await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1);
        }

        // Only those that write get a number. The gateway's own sweeps and the server's housekeeping write now and then, but not every time.
        Assert.Equal(2, fewest);

        Task<long> WritesAsync() => world.QueryAsync<long>("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
    }
}
