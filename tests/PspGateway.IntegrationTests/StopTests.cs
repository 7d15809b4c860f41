using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class AHastyWorldOnALine(TestPostgres postgres) : HastyWorld(postgres)
{
    protected override bool OnALine => true;

    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(base.Overrides.Concat(KeptLog.Settings), StringComparer.Ordinal);
}

/// <summary>What a gateway that is stopped still has to say.</summary>
public sealed class StopTests(AHastyWorldOnALine world) : IClassFixture<AHastyWorldOnALine>
{
    [Fact]
    public async Task A_FAIL_that_could_not_be_stored_before_the_stop_calls_a_person_and_stays_under_its_lease()
    {
        var payment = await world.Merchant.CreateAsync(700500);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Live == 1, what: "the approval at the acquirer");
        world.Line.Break();
        Assert.Equal("FAIL", (await waiting).PaymentStatus);

        await world.StopGatewaysAsync();

        Assert.Contains(KeptLog.Text.Split('\n'), line => line.Contains("ALERT, a FAIL or a doubt could not be stored before the stop", StringComparison.Ordinal) && line.Contains(payment.PspTransactionId, StringComparison.Ordinal));
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and status = 'InFlight' and answer is null and lease_until > clock_timestamp()"));
    }
}
