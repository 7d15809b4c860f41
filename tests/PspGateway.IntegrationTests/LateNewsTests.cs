using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class HastyWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Deadlines:AcquirerTimeout"] = "00:00:02",
        ["Deadlines:StopWaiting"] = "00:00:03",
        ["Deadlines:AnswerBy"] = "00:00:04",
        ["Operations:ProofAfter"] = "00:00:01",
        ["Operations:Backoff:0"] = "00:00:00",
        ["Operations:Backoff:1"] = "00:00:02",
        ["Operations:Backoff:2"] = "00:00:05",
        ["Operations:Backoff:3"] = "00:00:10",
    };
}

public sealed class LateNewsTests(HastyWorld world) : IClassFixture<HastyWorld>
{
    [Fact]
    public async Task An_approval_that_is_told_of_after_its_reversal_by_our_reference_needs_no_person()
    {
        // Approved, and never answered; the notification of it stays away as well.
        await world.Vipps.NotificationsAsync("hold");
        var payment = await world.Merchant.CreateAsync(700500);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);
        await Task.Delay(500);
        await world.Vipps.NotificationsAsync("on");
        await world.Vipps.PostAsync(payment.PspTransactionId, "USER_CANCEL");
        Assert.Equal(85, (await waiting).ErrorId);
        await world.UntilReversedAsync(payment.PspTransactionId, seconds: 40);

        using var released = await world.Http.PostAsync(new Uri(world.SimulatorUrl, "control/acquirer/notifications/release"), null);
        var reversals = $"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Reverse'";
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>(reversals) == 2, what: "the reversal of what the acquirer now told of");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"{reversals} and finished_at is null and parked_at is null") == 0, what: "its end");

        Assert.Equal(0, await world.QueryAsync<long>($"{reversals} and parked_at is not null"));
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    [Fact]
    public async Task The_end_of_the_ladder_without_proof_calls_a_person_and_proof_that_comes_later_still_ends_it()
    {
        await world.Vipps.NotificationsAsync("hold");
        var payment = await world.Merchant.CreateAsync(700500);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);
        await Task.Delay(500);
        await world.Vipps.PostAsync(payment.PspTransactionId, "USER_CANCEL");
        await waiting;
        var reversals = $"operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Reverse'";
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from {reversals} and ladder_started_at is not null") == 1, what: "the ladder");

        // As if it had begun an hour ago: its rungs are all due.
        await world.ExecuteAsync($"update operations set ladder_started_at = ladder_started_at - interval '1 hour' where id = (select id from {reversals})");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from {reversals} and parked_why = 'LadderEndedWithoutProof' and due_at is null") == 1, what: "the parking");
        Assert.Equal(4, (await world.BooksAsync(payment.PspTransactionId)).CancelCalls.Select(c => c["idempotencyKey"]!.GetValue<string>()).Distinct().Count());

        await world.Vipps.NotificationsAsync("on");
        await world.Vipps.ReleaseNotificationsAsync(reverse: false);
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from {reversals} and finished_at is null") == 0, what: "the end of every reversal");

        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from {reversals} and parked_at is not null"));
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }
}
