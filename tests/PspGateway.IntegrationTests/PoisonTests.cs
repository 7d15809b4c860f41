using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class AnImpatientWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Operations:MostFailures"] = "3",
        ["Serilog:Using:0"] = typeof(KeptLog).Assembly.GetName().Name,
        ["Serilog:WriteTo:0:Name"] = nameof(KeptLogSettings.Keep),
    };
}

/// <summary>ENGINE 25: a row that breaks whoever takes it up is parked, and starves nobody meanwhile.</summary>
public sealed class PoisonTests(AnImpatientWorld world) : IClassFixture<AnImpatientWorld>
{
    private const int Payments = 10;
    private const int CapturesOfEach = 20;

    [Fact]
    public async Task A_capture_that_always_breaks_is_parked_while_two_hundred_others_are_done()
    {
        var poisoned = await world.Merchant.AuthorisedAsync(world.Vipps);

        // The approval's notification would be taken for one that nobody knows.
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from acquirer_notifications where merchant_reference = '{poisoned.PspTransactionId}-1' and applied_at is not null") == 1, what: "its notification");
        await world.ExecuteAsync($"update operations set acquirer_reference = null where payment_id = '{Guid.Parse(poisoned.PspTransactionId)}' and kind = 'Authorise'");
        var others = await Task.WhenAll(Enumerable.Range(0, Payments).Select(_ => world.Merchant.AuthorisedAsync(world.Vipps)));
        using var end = new CancellationTokenSource();
        var again = AgainAndAgainAsync($"payment_id = '{Guid.Parse(poisoned.PspTransactionId)}' and kind = 'Capture'", end.Token);
        var broken = world.Merchant.ModifyAsync(poisoned.Reference, "capture", 100);

        var captures = await Task.WhenAll(others.SelectMany(o => Enumerable.Range(0, CapturesOfEach).Select(_ => world.Merchant.ModifyAsync(o.Reference, "capture", 100))));

        Assert.All(captures, reply => Assert.Equal(System.Net.HttpStatusCode.OK, reply.Status));
        await TestWorld.EventuallyAsync(async () => await DoneAsync(others) == Payments * CapturesOfEach, what: "all of the others");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from operations where parked_why = 'HandlingBreaks' and payment_id = '{Guid.Parse(poisoned.PspTransactionId)}' and due_at is null and lease_until is null") == 1, what: "the parking");
        await end.CancelAsync();
        await again;
        await broken;
        Assert.Empty((await world.BooksAsync(poisoned.PspTransactionId)).ModificationCalls);
    }

    [Fact]
    public async Task A_notification_whose_handling_breaks_is_shown_to_a_person_and_applied_when_it_can_be()
    {
        var strange = await world.Merchant.AuthorisedAsync(world.Vipps);
        var theirs = $"from acquirer_notifications where merchant_reference = '{strange.PspTransactionId}-1'";
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) {theirs} and applied_at is not null") == 1, what: "its notification");
        await world.ExecuteAsync($"update operations set status = 'Dancing' where payment_id = '{Guid.Parse(strange.PspTransactionId)}'");

        await world.ExecuteAsync($"update acquirer_notifications set due_at = clock_timestamp(), applied_at = null, tries = 0 where merchant_reference = '{strange.PspTransactionId}-1'");
        await TestWorld.EventuallyAsync(() => Task.FromResult(KeptLog.Text.Contains($"ALERT, notification \\\"AUTHORISATION\\\" for \\\"{strange.PspTransactionId}-1\\\" could not be applied 3 times", StringComparison.Ordinal)), what: "the alert");
        await world.ExecuteAsync($"update operations set status = 'Succeeded' where payment_id = '{Guid.Parse(strange.PspTransactionId)}'");

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) {theirs} and verdict = 'Repeat' and applied_at is not null") == 1, seconds: 20, what: "its application");
    }

    [Fact]
    public async Task An_OK_whose_mark_the_server_refuses_keeps_no_other_from_being_marked()
    {
        var bad = await world.Merchant.CreateAsync();
        await world.ExecuteAsync($"alter table status_updates add constraint not_this_one check (payment_id <> '{Guid.Parse(bad.PspTransactionId)}') not valid");
        var others = await Task.WhenAll(Enumerable.Range(0, Payments).Select(_ => world.Merchant.CreateAsync()));

        var answers = await Task.WhenAll(others.Prepend(bad).Select(p => world.Vipps.PostAsync(p.PspTransactionId)));

        Assert.All(answers, a => Assert.Equal("OK", a.PaymentStatus));
        foreach (var other in others)
        {
            await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(other.Reference) == "AUTHORIZED", seconds: 10, what: "a mark beside the bad one");
        }

        Assert.Equal("CREATED", await world.Merchant.StateAsync(bad.Reference));
        await world.ExecuteAsync("alter table status_updates drop constraint not_this_one");
    }

    [Fact]
    public async Task An_OK_whose_taking_back_always_breaks_is_parked_with_an_alert()
    {
        var paid = await world.Merchant.AuthorisedAsync(world.Vipps);
        var id = Guid.Parse(paid.PspTransactionId);
        await world.ExecuteAsync($"alter table payment_events add constraint not_withdrawn check (payment_id <> '{id}' or name <> 'Withdrawn') not valid");
        await world.ExecuteAsync($"update operations set delivered_at = null, due_at = clock_timestamp() where payment_id = '{id}'; update payments set state = 'Approved' where id = '{id}'");
        using var end = new CancellationTokenSource();
        var again = AgainAndAgainAsync($"payment_id = '{id}' and kind = 'Authorise'", end.Token);

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{id}' and kind = 'Authorise' and parked_why = 'HandlingBreaks' and due_at is null") == 1, what: "the parking");
        await end.CancelAsync();
        await again;

        Assert.Contains($"{paid.PspTransactionId}\\\": ALERT, the handling of", KeptLog.Text, StringComparison.Ordinal);
        await world.ExecuteAsync("alter table payment_events drop constraint not_withdrawn");
    }

    /// <summary>As a newer version's operation looks to an older one that still runs.</summary>
    [Theory]
    [InlineData("kind", "Teleport")]
    [InlineData("answer", "Maybe")]
    public async Task An_operation_that_this_version_cannot_read_keeps_no_reversal_waiting(string column, string word)
    {
        var strange = await world.Merchant.AuthorisedAsync(world.Vipps);
        await world.ExecuteAsync($"update operations set {column} = '{word}' where payment_id = '{Guid.Parse(strange.PspTransactionId)}'");
        using var end = new CancellationTokenSource();
        var again = AgainAndAgainAsync($"{column} = '{word}'", end.Token);

        // The answer names another amount, so that what was approved is undone.
        var payments = await Task.WhenAll(Enumerable.Range(0, Payments).Select(_ => world.Merchant.CreateAsync(700_400)));
        await Task.WhenAll(payments.Select(p => world.Vipps.PostAsync(p.PspTransactionId)));

        await Task.WhenAll(payments.Select(p => world.UntilReversedAsync(p.PspTransactionId, seconds: 15)));
        await end.CancelAsync();
        await again;
        await world.ExecuteAsync($"update operations set due_at = null where {column} = '{word}'");
    }

    /// <summary>Its lease ends sooner than leases do: always among the first in the queue.</summary>
    private async Task AgainAndAgainAsync(string which, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await world.ExecuteAsync($"update operations set due_at = clock_timestamp() - interval '1 minute', lease_until = null where {which} and parked_at is null");
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private Task<long> DoneAsync(IEnumerable<CreatedPayment> payments) =>
        world.QueryAsync<long>($"select count(*) from operations where kind = 'Capture' and status = 'Succeeded' and payment_id in ({string.Join(", ", payments.Select(p => $"'{Guid.Parse(p.PspTransactionId)}'"))})");
}
