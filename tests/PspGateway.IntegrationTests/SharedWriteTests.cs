using Npgsql;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class ABusyWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Deadlines:AcquirerTimeout"] = "00:00:04",
        ["Deadlines:StopWaiting"] = "00:00:06",
        ["Deadlines:AnswerBy"] = "00:00:07",
    };
}

/// <summary>ENGINE 26: payments that are under way at the same moment share their commits, and one's trouble stays its own.</summary>
public sealed class SharedWriteTests(ABusyWorld world) : IClassFixture<ABusyWorld>
{
    private const int AtOnce = 48;

    // The acquirer approves after eight seconds.
    private const long SilentUntilTooLate = 800_800;

    [Fact]
    public async Task Payments_at_the_same_moment_share_their_commits()
    {
        var payments = await CreateAsync();

        var answers = await PostAsync(payments);

        Assert.All(answers, answer => Assert.Equal("OK", answer.PaymentStatus));
        foreach (var payment in payments)
        {
            Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);
        }

        Assert.InRange(await CommitsAsync("TokenAccepted", payments), 1, AtOnce / 2);
        Assert.InRange(await CommitsAsync("Approved", payments), 1, AtOnce / 2);
    }

    [Fact]
    public async Task Payments_whose_rows_are_held_wait_alone()
    {
        var payments = await CreateAsync();
        await using var database = NpgsqlDataSource.Create(world.Database);
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, $"select from payments where id in ('{string.Join("', '", payments[..3].Select(p => p.PspTransactionId))}') for update");
        var held = PostAsync(payments[..3]);

        var answers = await PostAsync(payments[3..]);

        Assert.All(answers, answer => Assert.Equal("OK", answer.PaymentStatus));
        Assert.False(held.IsCompleted);
        await transaction.RollbackAsync();
        Assert.All(await held, answer => Assert.Equal("OK", answer.PaymentStatus));
    }

    [Fact]
    public async Task An_accept_that_the_database_refuses_fails_alone_and_holds_nothing()
    {
        var payments = await CreateAsync();
        await using var refusing = await RefuseAsync("operations", "new.kind = 'Authorise'", payments[0]);

        var answers = await PostAsync(payments);

        Assert.Equal(91, answers[0].ErrorId);
        Assert.Empty((await world.BooksAsync(payments[0].PspTransactionId)).AuthoriseCalls);
        Assert.All(answers[1..], answer => Assert.Equal("OK", answer.PaymentStatus));
    }

    [Fact]
    public async Task An_outcome_that_the_database_refuses_fails_alone_and_is_reversed()
    {
        var payments = await CreateAsync();
        await using var refusing = await RefuseAsync("payment_events", "new.name = 'Approved'", payments[0]);

        var answers = await PostAsync(payments);

        Assert.Equal(85, answers[0].ErrorId);
        Assert.All(answers[1..], answer => Assert.Equal("OK", answer.PaymentStatus));
        await world.UntilReversedAsync(payments[0].PspTransactionId);
    }

    [Fact]
    public async Task FAILs_at_the_same_deadline_share_their_commits_and_each_is_its_own_payments()
    {
        var payments = await CreateAsync(SilentUntilTooLate);

        var answers = await PostAsync(payments);

        Assert.All(answers, answer => Assert.Equal(85, answer.ErrorId));
        Assert.InRange(await CommitsAsync("Declined", payments), 1, AtOnce * 3 / 4);
        foreach (var payment in payments)
        {
            Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and answer = 'Fail' and position('{payment.PspTransactionId}' in convert_from(answer_body, 'UTF8')) > 0"));
            await world.UntilReversedAsync(payment.PspTransactionId);
        }
    }

    [Fact]
    public async Task A_FAIL_that_the_database_refuses_leaves_its_neighbours_alone_and_is_stored_later()
    {
        var payments = await CreateAsync(SilentUntilTooLate);
        var refusing = await RefuseAsync("payment_events", "new.name = 'Declined'", payments[0]);

        var answers = await PostAsync(payments);

        Assert.All(answers, answer => Assert.Equal(85, answer.ErrorId));
        await TestWorld.EventuallyAsync(async () => await CountAsync("count(*)", "Declined", payments) == AtOnce - 1, what: "the FAILs of the others");
        await refusing.DisposeAsync();
        await world.UntilReversedAsync(payments[0].PspTransactionId);
        Assert.Equal(AtOnce, await CountAsync("count(*)", "Declined", payments));
    }

    private async Task<List<CreatedPayment>> CreateAsync(long amount = 49_950)
    {
        var payments = new List<CreatedPayment>();
        for (var i = 0; i < AtOnce; i++)
        {
            payments.Add(await world.Merchant.CreateAsync(amount));
        }

        return payments;
    }

    private Task<Posted[]> PostAsync(IEnumerable<CreatedPayment> payments) => Task.WhenAll(payments.Select(p => world.Vipps.PostAsync(p.PspTransactionId)));

    private Task<long> CommitsAsync(string name, IEnumerable<CreatedPayment> payments) => CountAsync("count(distinct xmin::text)", name, payments);

    private async Task<long> CountAsync(string what, string name, IEnumerable<CreatedPayment> payments)
    {
        await using var database = NpgsqlDataSource.Create(world.Database);
        await using var command = database.CreateCommand($"select {what} from payment_events where name = $1 and payment_id = any($2)");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.Parameters.Add(new NpgsqlParameter { Value = payments.Select(p => Guid.Parse(p.PspTransactionId)).ToArray() });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The database refuses one payment's rows, until disposed.</summary>
    private async Task<IAsyncDisposable> RefuseAsync(string table, string when, CreatedPayment payment)
    {
        var name = $"refuse_{payment.PspTransactionId}";
        await using var database = NpgsqlDataSource.Create(world.Database);
        await using var connection = await database.OpenConnectionAsync();
        await ExecuteAsync(connection, $"""
            create function {name}() returns trigger language plpgsql as $$ begin raise exception 'refused for a test'; end $$;
            create trigger {name} before insert on {table} for each row when (new.payment_id = '{payment.PspTransactionId}' and {when}) execute function {name}();
            """);
        return new Undo(world.Database, $"drop function {name} cascade");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class Undo(string connectionString, string sql) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using var database = NpgsqlDataSource.Create(connectionString);
            await using var connection = await database.OpenConnectionAsync();
            await ExecuteAsync(connection, sql);
        }
    }
}
