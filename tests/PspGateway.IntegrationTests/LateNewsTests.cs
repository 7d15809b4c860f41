using System.Text.Json.Nodes;
using Npgsql;
using PspGateway.IntegrationTests.World;
using PspGateway.Payments;

namespace PspGateway.IntegrationTests;

public class HastyWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Deadlines:AcquirerTimeout"] = "00:00:04",
        ["Deadlines:StopWaiting"] = "00:00:05",
        ["Deadlines:AnswerBy"] = "00:00:06",
        ["Operations:ProofAfter"] = "00:00:01",
        ["Operations:Poll"] = "00:00:00.200",
        ["Operations:Backoff:0"] = "00:00:00",
        ["Operations:Backoff:1"] = "00:00:04",
        ["Operations:Backoff:2"] = "00:00:07",
        ["Operations:Backoff:3"] = "00:00:10",
    };
}

public sealed class LateNewsTests(HastyWorld world) : IClassFixture<HastyWorld>
{
    [Fact]
    public async Task An_approval_that_is_told_of_after_its_reversal_by_our_reference_needs_no_person()
    {
        var (payment, waiting) = await AnApprovalThatNobodyTellsOfAsync(700500);
        await world.Vipps.NotificationsAsync("on");
        await world.Vipps.PostAsync(payment.PspTransactionId, "USER_CANCEL");
        Assert.Equal(85, (await waiting).ErrorId);
        await world.UntilReversedAsync(payment.PspTransactionId, seconds: 40);

        await world.Vipps.ReleaseNotificationsAsync(reverse: false);
        var reversals = $"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Reverse'";
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>(reversals) == 2, what: "the reversal of what the acquirer now told of");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"{reversals} and finished_at is null and parked_at is null") == 0, what: "its end");

        Assert.Equal(0, await world.QueryAsync<long>($"{reversals} and parked_at is not null"));
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    [Fact]
    public async Task The_end_of_the_ladder_without_proof_calls_a_person_and_proof_that_comes_later_still_ends_it()
    {
        var (payment, waiting) = await AnApprovalThatNobodyTellsOfAsync(700500);
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

    [Fact]
    public async Task An_approval_that_is_answered_after_its_operation_was_taken_over_is_undone_by_its_own_reference_in_whatever_order_the_cancels_are_told()
    {
        var (payment, waiting) = await AnApprovalThatNobodyTellsOfAsync(49_900, answerDelayMs: 2500);
        var operations = $"operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}'";

        // As if the process had stood still: its lease is over, a worker decides, and cancels by our reference.
        await world.ExecuteAsync($"update operations set lease_until = clock_timestamp() - interval '1 second', due_at = clock_timestamp() where id = (select id from {operations})");
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Notifications.Any(n => n["eventCode"]!.GetValue<string>() == "TECHNICAL_CANCEL" && n["state"]!.GetValue<string>() == "held"), what: "the cancel by our reference");
        await world.Vipps.NotificationsAsync("on");
        Assert.Equal("FAIL", (await waiting).PaymentStatus);

        // The answer brings the acquirer's reference. The cancel by it finds nothing left to cancel, and that is told first.
        var books = await world.BooksAsync(payment.PspTransactionId);
        var reference = books.Authorisations.Single()["pspReference"]!.GetValue<string>();
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).CancelCalls.Any(c => c["path"]!.GetValue<string>() == $"/payments/{reference}/cancels"), what: "the cancel by the acquirer's reference, without any notification of it");
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from acquirer_notifications where event_code = 'CANCELLATION' and not success and original_reference = '{reference}' and tries > 0") > 0, what: "the news of the failed cancel");
        await world.Vipps.ReleaseNotificationsAsync(reverse: false);

        await world.UntilReversedAsync(payment.PspTransactionId, seconds: 40);
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from payment_events where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and name = 'ReversalParked'"));
    }

    [Fact]
    public async Task An_approval_that_is_told_of_while_the_last_cancel_finds_nothing_is_reversed()
    {
        await world.Vipps.NotificationsAsync("hold");
        var payment = await world.Merchant.CreateAsync(800_700);
        Assert.Equal(85, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        var operations = $"operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}'";
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from {operations} and kind = 'Reverse' and sent_at is not null and lease_until is null") == 1, what: "the first cancel");

        // As if its last rung had been climbed, and two notifications came at the same moment.
        await world.ExecuteAsync($"update operations set due_at = null, tries = 4 where id = (select id from {operations} and kind = 'Reverse')");
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Authorisations.Count == 1, what: "the late approval");
        var held = (await world.BooksAsync(payment.PspTransactionId)).Authorisations.Single()["pspReference"]!.GetValue<string>();
        var (reference, account) = (await world.QueryAsync<string>($"select reference from {operations} and kind = 'Authorise'"), await world.QueryAsync<string>($"select acquirer_account from payments where reference = '{payment.Reference}'"));
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand($"select from payments where reference = '{payment.Reference}' for update", connection, transaction);
        await hold.ExecuteNonQueryAsync();
        var news = world.Service<AcquirerNews>();
        var approval = news.AuthorisationAsync(reference, account, held, approved: true, CancellationToken.None);
        await UntilTheyWaitAsync(1);
        var nothingFound = news.TechnicalCancelAsync(reference, account, success: false, TimeProvider.System.GetUtcNow().AddMinutes(1), CancellationToken.None);
        await UntilTheyWaitAsync(2);
        await world.Vipps.NotificationsAsync("on");
        await transaction.RollbackAsync();
        await Task.WhenAll(approval, nothingFound);

        await world.UntilReversedAsync(payment.PspTransactionId);
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    [Fact]
    public async Task A_reversal_that_was_taken_and_then_failed_calls_a_person()
    {
        await world.Vipps.NotificationsAsync("on");
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        for (var rung = 0; rung < 4; rung++)
        {
            await world.Vipps.FailModificationAsync("CANCELLATION", payment.PspTransactionId);
        }

        await world.Vipps.PostAsync(payment.PspTransactionId, "TIMEOUT");

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and parked_why = 'CancelFailedAtAcquirer' and due_at is null") == 1, seconds: 30, what: "the parking");
        Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    private Task UntilTheyWaitAsync(int statements) => TestWorld.EventuallyAsync(
        async () => await world.QueryAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == statements, what: $"{statements} waiting for the payment's row");

    /// <summary>Approved at the acquirer, and its answer has not come; notifications are held.</summary>
    private async Task<(CreatedPayment Payment, Task<Posted> Waiting)> AnApprovalThatNobodyTellsOfAsync(long amount, int answerDelayMs = 0)
    {
        await world.Vipps.NotificationsAsync("hold");
        var payment = await world.Merchant.CreateAsync(amount);
        await world.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = "payments", ["mode"] = "delay", ["contains"] = payment.PspTransactionId, ["answerDelayMs"] = answerDelayMs });
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Notifications.Any(n => n["state"]!.GetValue<string>() == "held"), what: "the approval, and its notification on hold");
        return (payment, waiting);
    }
}
