using Npgsql;

namespace PspGateway.Storage.Queue;

/// <summary>What a capture, refund or cancel that has its turn needs for its call.</summary>
/// <param name="Tries">This one included.</param>
/// <param name="Again">An earlier try may have arrived.</param>
/// <param name="Now">By the database's clock.</param>
internal sealed record BegunModification(int Tries, string AcquirerReference, bool Again, DateTimeOffset? AuthorisedAt, string? CardBin, DateTimeOffset Now);

/// <summary>
/// Gives captures, refunds and cancels of a payment their turns: one open call at a time, in the order in which they were accepted (ENGINE
/// 17). The payment's row is held while it is looked at, by a statement before the one that looks, which therefore sees what others wrote.
/// </summary>
internal static class ModificationTurn
{
    private const string LockSql = "select 1 from payments where id = @payment_id for update";

    private const string BeginSql = """
        update operations o
        set status = 'InFlight', tries = o.tries + 1, sent_at = clock_timestamp(), ladder_started_at = coalesce(o.ladder_started_at, clock_timestamp()),
            lease_until = clock_timestamp() + @lease, due_at = clock_timestamp() + @lease
        from payments p join operations a on a.id = p.authorise_operation_id join operations was on was.id = @id
        where o.id = @id and o.generation = @generation and o.finished_at is null and p.id = o.payment_id
          and not exists (
              select from operations e
              where e.payment_id = o.payment_id and e.kind in ('Capture', 'Cancel', 'Refund') and e.id <> o.id
                and (e.status = 'InFlight' or (e.status = 'Pending' and (e.created_at, e.id) < (o.created_at, o.id))))
        returning o.tries, a.acquirer_reference, was.sent_at is not null, a.finished_at, p.card_bin, clock_timestamp()
        """;

    private const string GiveBackSql = """
        update operations set lease_until = null, due_at = clock_timestamp() + interval '200 milliseconds'
        where id = @id and generation = @generation and finished_at is null
        """;

    /// <summary>Null: it is another one's turn, or somebody else holds this one. It comes again.</summary>
    public static async Task<BegunModification?> BeginAsync(NpgsqlDataSource database, ClaimedOperation operation, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var gate = new NpgsqlCommand(LockSql, connection, transaction))
        {
            gate.Parameters.Add(new NpgsqlParameter<Guid>("payment_id", operation.PaymentId));
            await gate.ExecuteNonQueryAsync(cancellationToken);
        }

        var begun = await TryBeginAsync(connection, operation, lease, cancellationToken);
        if (begun is null)
        {
            await using var giveBack = new NpgsqlCommand(GiveBackSql, connection, transaction);
            giveBack.Parameters.Add(new NpgsqlParameter<Guid>("id", operation.Id));
            giveBack.Parameters.Add(new NpgsqlParameter<long>("generation", operation.Generation));
            await giveBack.ExecuteNonQueryAsync(cancellationToken);
        }

        Failpoint.Here(begun is null ? "" : "turn.before-commit", operation.PaymentId);
        await transaction.CommitAsync(cancellationToken);
        Failpoint.Here(begun is null ? "" : "turn.after-commit", operation.PaymentId);
        return begun;
    }

    private static async Task<BegunModification?> TryBeginAsync(NpgsqlConnection connection, ClaimedOperation operation, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(BeginSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", operation.Id));
        command.Parameters.Add(new NpgsqlParameter<long>("generation", operation.Generation));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("lease", lease));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new BegunModification(
                reader.GetInt32(0),
                reader.GetString(1),
                reader.GetBoolean(2),
                await reader.IsDBNullAsync(3, cancellationToken) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken),
                await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetString(4),
                await reader.GetFieldValueAsync<DateTimeOffset>(5, cancellationToken))
            : null;
    }
}
