using System.Text.Json.Nodes;
using Npgsql;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class DeadlineTests(TestWorld world) : IClassFixture<TestWorld>
{
    private const double AnswerWithinMs = 12_500;

    [Fact]
    public async Task An_acquirer_that_takes_20_seconds_is_answered_85_in_time_and_its_late_approval_is_reversed()
    {
        var payment = await world.Merchant.CreateAsync(802000);

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal(("FAIL", 85), (posted.PaymentStatus, posted.ErrorId));
        Assert.InRange(posted.ElapsedMs, 10_500, AnswerWithinMs);
        Assert.Equal("ABORTED", await world.Merchant.StateAsync(payment.Reference));
        await world.UntilReversedAsync(payment.PspTransactionId, seconds: 40);
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Equal((1, "FAILED", 0), (books.Authorisations.Count, books.VippsState, books.ReportedTimes("cancelled")));
        Assert.Single(books.AuthoriseCalls.Select(c => c["idempotencyKey"]!.GetValue<string>()).Distinct(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(700100)]
    [InlineData(700200)]
    [InlineData(700300)]
    public async Task An_acquirer_that_commits_and_loses_its_answer_is_asked_again_under_the_same_key(long amount)
    {
        var payment = await world.Merchant.CreateAsync(amount);

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal("OK", posted.PaymentStatus);
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Equal((1, 1), (books.Authorisations.Count, books.Live));
        Assert.True(books.AuthoriseCalls.Count >= 2);
        Assert.Single(books.AuthoriseCalls.Select(c => c["idempotencyKey"]!.GetValue<string>()).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_acquirer_that_commits_and_never_answers_is_believed_when_it_notifies()
    {
        var payment = await world.Merchant.CreateAsync(700500);

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal("OK", posted.PaymentStatus);
        Assert.InRange(posted.ElapsedMs, 0, AnswerWithinMs);
        Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    [Fact]
    public async Task A_table_that_is_locked_is_answered_in_time_nothing_is_sent_and_the_FAIL_is_kept()
    {
        var payment = await world.Merchant.CreateAsync();
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        // Reads of the payment run into the lock timeout: an error before accept.
        await using (var hold = new NpgsqlCommand("lock table payments in access exclusive mode", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId);
        await transaction.RollbackAsync();

        Assert.Equal("FAIL", posted.PaymentStatus);
        Assert.InRange(posted.ElapsedMs, 0, AnswerWithinMs);
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "ABORTED");
        Assert.Equal("FAIL", (await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["repeatLast"] = true })).PaymentStatus);
    }

    [Fact]
    public async Task A_row_that_somebody_holds_for_a_while_only_delays_the_OK()
    {
        var payment = await world.Merchant.CreateAsync();
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"select from payments where id = '{Guid.Parse(payment.PspTransactionId)}' for update", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await Task.Delay(3000);
        await transaction.RollbackAsync();

        Assert.Equal("OK", (await waiting).PaymentStatus);
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
    }

    [Fact]
    public async Task A_row_that_is_locked_after_the_accept_is_answered_85_in_time_and_the_approval_is_reversed()
    {
        var payment = await world.Merchant.CreateAsync(800200);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"select from payments where id = '{Guid.Parse(payment.PspTransactionId)}' for update", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var posted = await waiting;
        await transaction.RollbackAsync();

        Assert.Equal(("FAIL", 85), (posted.PaymentStatus, posted.ErrorId));
        Assert.InRange(posted.ElapsedMs, 10_500, AnswerWithinMs);
        await world.UntilReversedAsync(payment.PspTransactionId);
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Equal((0, 0), (books.Live, books.ReportedTimes("cancelled")));
        Assert.Equal("ABORTED", await world.Merchant.StateAsync(payment.Reference));
    }

    [Fact]
    public async Task A_TIMEOUT_after_OK_that_cannot_be_stored_is_remembered_and_takes_the_approval_back()
    {
        var payment = await world.Merchant.CreateAsync();
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED");
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"select from payments where id = '{Guid.Parse(payment.PspTransactionId)}' for update", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, "TIMEOUT");
        await transaction.RollbackAsync();

        Assert.Equal(93, posted.ErrorId);
        await world.UntilReversedAsync(payment.PspTransactionId);
        Assert.Equal("TERMINATED", await world.Merchant.StateAsync(payment.Reference));
    }

    [Fact]
    public async Task A_client_that_hangs_up_before_the_OK_has_its_approval_reversed()
    {
        var payment = await world.Merchant.CreateAsync(800200);

        await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["hangUpAfterMs"] = 1000 });

        await world.UntilReversedAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "TERMINATED");
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("cancelled") == 1, what: "CANCELLED at Vipps");
    }
}
