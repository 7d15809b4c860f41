using PspGateway.IntegrationTests.BadInput;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>Two captures of one amount look alike in Vipps' details: what is told of the first is no word about the second.</summary>
public sealed class EqualReportsTests(WorldOfSingleReports world) : IClassFixture<WorldOfSingleReports>
{
    [Theory]
    [InlineData("drop")]
    [InlineData("dropBeforeCommit")]
    public async Task A_report_without_an_answer_that_looks_like_an_earlier_one_has_its_effect_exactly_once(string mode)
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        await world.Merchant.ModifyAsync(payment.Reference, "capture", 1000);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("captured") == 1);
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "updatestatus", ["mode"] = mode, ["times"] = 1, ["contains"] = payment.PspTransactionId });

        await world.Merchant.ModifyAsync(payment.Reference, "capture", 1000);

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from status_updates where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and sent_at is not null") == 3, what: "the end of the doubt");
        Assert.Equal(["RESERVED 49900", "CAPTURED 1000", "CAPTURED 1000"], (await world.BooksAsync(payment.PspTransactionId)).Reports);
    }
}
