using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>Each report goes alone, so that what is said about one payment is about no other.</summary>
public sealed class WorldOfSingleReports(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Vipps:StatusBatchSize"] = "1" };
}

/// <summary>Vipps' details, after a report whose answer was lost: only real details may tell whether it had its effect.</summary>
public sealed class VippsDetailsAnswerTests(WorldOfSingleReports world) : IClassFixture<WorldOfSingleReports>
{
    private static readonly string[] NoDetails =
        ["{}", "null", "[]", """{"transactionLogHistory":null}""", """{"transactionLogHistory":[null]}""", """{"transactionLogHistory":{}}""", """{"transactionLogHistory":[],"transactionLogHistory":[]}""", "<html>", ""];

    [Fact]
    public async Task Details_that_are_none_settle_nothing_and_nothing_is_reported_twice() => await Barrage.RunAsync(NoDetails, async body =>
    {
        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "updatestatus", ["mode"] = "drop", ["times"] = 1, ["contains"] = payment.PspTransactionId });
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "details", ["contains"] = payment.PspTransactionId, ["mode"] = "status", ["status"] = 200, ["body"] = body, ["times"] = 1 });

        await world.Vipps.PostAsync(payment.PspTransactionId);

        var settled = $"select count(*) from status_updates where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and sent_at is not null";
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>(settled) == 1, seconds: 30, what: "the end of the doubt");
        var books = await world.BooksAsync(payment.PspTransactionId);
        return Barrage.Unless((books.Reported("reserved"), books.ReportedTimes("reserved")) == (49900L, 1), $"reported {books.ReportedTimes("reserved")} times");
    });
}
