using System.Net;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;
using PspGateway.Operators;
using PspGateway.Storage;

namespace PspGateway.IntegrationTests;

/// <summary>Our books against Vipps' details, which the simulator shows at once.</summary>
public sealed class ReconciliationTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task Books_that_agree_leave_no_difference()
    {
        var payment = await ALifeAsync();

        await CheckedAsync(payment);

        Assert.Equal(0, await DifferencesAsync(payment));
    }

    [Fact]
    public async Task Details_that_lack_a_capture_open_one_difference_which_a_person_resolves()
    {
        var payment = await ALifeAsync();
        await CheckedAsync(payment);
        await world.Vipps.FaultAsync("vipps", new JsonObject
        {
            ["path"] = "details", ["mode"] = "status", ["status"] = 200, ["times"] = 2, ["contains"] = payment.PspTransactionId,
            ["body"] = """{"transactionLogHistory":[{"operation":"RESERVED","amount":49900,"operationSuccess":true},{"operation":"REFUNDED","amount":500,"operationSuccess":true}]}""",
        });
        await AgainAsync(payment);
        await CheckedAsync(payment);
        await AgainAsync(payment);
        await CheckedAsync(payment);

        Assert.Equal("VippsCaptured 2000 0", await world.QueryAsync<string>($"select cause || ' ' || ours_minor || ' ' || theirs_minor from differences where {Of(payment)}"));
        var id = await world.QueryAsync<Guid>($"select id from differences where {Of(payment)}");
        await using var database = new GatewayDatabase(world.Database);
        Assert.Equal(0, await DifferencesCommand.RunAsync([], database, CancellationToken.None));
        Assert.Equal(0, await DifferencesCommand.RunAsync(["resolve", id.ToString(), "kari"], database, CancellationToken.None));
        Assert.Equal(1, await DifferencesCommand.RunAsync(["resolve", id.ToString(), "kari"], database, CancellationToken.None));
        Assert.Equal(2, await DifferencesCommand.RunAsync(["resolve"], database, CancellationToken.None));
        Assert.Equal("kari", await world.QueryAsync<string>($"select resolved_by from differences where {Of(payment)}"));
    }

    [Fact]
    public async Task Details_that_are_none_settle_nothing()
    {
        var payment = await ALifeAsync();
        await CheckedAsync(payment);
        await world.Vipps.FaultAsync("vipps", new JsonObject { ["path"] = "details", ["mode"] = "status", ["status"] = 500, ["times"] = 1, ["contains"] = payment.PspTransactionId });

        await AgainAsync(payment);
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<int>($"select tries from reconciliations where {Of(payment)}") == 1);

        Assert.Equal(0, await DifferencesAsync(payment));
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from reconciliations where {Of(payment)} and due_at is not null"));
    }

    [Fact]
    public async Task Details_that_never_come_open_a_difference_and_are_asked_for_again()
    {
        var payment = await ALifeAsync();
        await CheckedAsync(payment);
        await world.Vipps.FaultAsync("vipps", new JsonObject { ["path"] = "details", ["mode"] = "status", ["status"] = 400, ["times"] = 1, ["contains"] = payment.PspTransactionId });

        await world.ExecuteAsync($"update reconciliations set due_at = clock_timestamp(), tries = 11 where {Of(payment)}");

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from differences where {Of(payment)} and cause = 'NotReconciled' and ours_minor = theirs_minor") == 1, what: "the difference");
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from reconciliations where {Of(payment)} and due_at is not null"));
    }

    private static string Of(CreatedPayment payment) => $"payment_id = '{Guid.Parse(payment.PspTransactionId)}'";

    private async Task<CreatedPayment> ALifeAsync()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        Assert.Equal(HttpStatusCode.OK, (await world.Merchant.ModifyAsync(payment.Reference, "capture", 2000)).Status);
        Assert.Equal(HttpStatusCode.OK, (await world.Merchant.ModifyAsync(payment.Reference, "refund", 500)).Status);
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from status_updates where {Of(payment)} and sent_at is not null") == 3);
        return payment;
    }

    private Task AgainAsync(CreatedPayment payment) => world.ExecuteAsync($"update reconciliations set due_at = clock_timestamp(), tries = 0 where {Of(payment)}");

    private Task CheckedAsync(CreatedPayment payment) => TestWorld.EventuallyAsync(
        async () => await world.QueryAsync<long>($"select count(*) from reconciliations where {Of(payment)} and checked_at is not null and due_at is null") == 1, what: "the comparison");

    private Task<long> DifferencesAsync(CreatedPayment payment) => world.QueryAsync<long>($"select count(*) from differences where {Of(payment)}");
}
