using Npgsql;

namespace PspGateway.Bench.Floor;

/// <summary>The floor's tables and statements: one round trip and one commit for each durable step, prepared, pooled.</summary>
internal sealed class FloorStore : IAsyncDisposable
{
    private const string Schema = """
        create table if not exists payments (
            id uuid primary key, reference text not null unique, amount bigint not null, state text not null, redirect_url text, acquirer_reference text, answer bytea);
        create table if not exists tokens (payment_id uuid primary key, token bytea not null);
        create table if not exists reports (payment_id uuid primary key, amount bigint not null, sent_at timestamptz);
        create index if not exists reports_waiting on reports (payment_id) where sent_at is null;
        """;

    private readonly NpgsqlDataSource _database;

    public FloorStore(string connectionString) => _database = NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(connectionString) { NoResetOnClose = true, MaxAutoPrepare = 50, ApplicationName = "floor" }.ConnectionString);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    public async Task CreateSchemaAsync()
    {
        await using var command = _database.CreateCommand(Schema);
        await command.ExecuteNonQueryAsync();
    }

    public async Task InsertPaymentAsync(Guid id, string reference, long amount)
    {
        await using var command = _database.CreateCommand("insert into payments (id, reference, amount, state) values ($1, $2, $3, 'Created')");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = reference });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = amount });
        await command.ExecuteNonQueryAsync();
    }

    public async Task StoreInitAnswerAsync(Guid id, string redirectUrl)
    {
        await using var command = _database.CreateCommand("update payments set state = 'Initiated', redirect_url = $2 where id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = redirectUrl });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The token commit. Returns the payment's amount.</summary>
    public async Task<long> StoreTokenAsync(Guid id, byte[] token)
    {
        await using var batch = _database.CreateBatch();
        batch.BatchCommands.Add(Command(
            "update payments set state = 'Authorising' where id = $1 and state = 'Initiated' returning amount", new NpgsqlParameter<Guid> { TypedValue = id }));
        batch.BatchCommands.Add(Command(
            "insert into tokens (payment_id, token) values ($1, $2)", new NpgsqlParameter<Guid> { TypedValue = id }, new NpgsqlParameter<byte[]> { TypedValue = token }));
        return (long)(await batch.ExecuteScalarAsync() ?? throw new InvalidOperationException("Not a payment that waits for a token."));
    }

    /// <summary>The outcome commit: the state, the answer, the token gone, the report queued.</summary>
    public async Task StoreOutcomeAsync(Guid id, long amount, bool approved, string acquirerReference, byte[] answer)
    {
        await using var batch = _database.CreateBatch();
        batch.BatchCommands.Add(Command(
            "update payments set state = $2, acquirer_reference = $3, answer = $4 where id = $1",
            new NpgsqlParameter<Guid> { TypedValue = id },
            new NpgsqlParameter<string> { TypedValue = approved ? "Authorised" : "Declined" },
            new NpgsqlParameter<string> { TypedValue = acquirerReference },
            new NpgsqlParameter<byte[]> { TypedValue = answer }));
        batch.BatchCommands.Add(Command("delete from tokens where payment_id = $1", new NpgsqlParameter<Guid> { TypedValue = id }));
        batch.BatchCommands.Add(Command(
            "insert into reports (payment_id, amount) values ($1, $2)", new NpgsqlParameter<Guid> { TypedValue = id }, new NpgsqlParameter<long> { TypedValue = amount }));
        await batch.ExecuteNonQueryAsync();
    }

    public async Task<IReadOnlyList<(Guid Id, long Amount)>> ReadReportsAsync()
    {
        await using var command = _database.CreateCommand("select payment_id, amount from reports where sent_at is null order by payment_id limit 500");
        await using var reader = await command.ExecuteReaderAsync();
        var reports = new List<(Guid, long)>();
        while (await reader.ReadAsync())
        {
            reports.Add((reader.GetGuid(0), reader.GetInt64(1)));
        }

        return reports;
    }

    public async Task FinishReportsAsync(Guid[] ids)
    {
        await using var command = _database.CreateCommand("update reports set sent_at = clock_timestamp() where payment_id = any($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        await command.ExecuteNonQueryAsync();
    }

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
