using Npgsql;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Queue;

/// <summary>A frozen batch whose lease this process holds.</summary>
internal sealed class ClaimedBatch
{
    public required Guid Id { get; init; }

    public required string MerchantSerialNumber { get; init; }

    public required long Generation { get; init; }

    public required int Tries { get; init; }

    /// <summary>An earlier send had no answer and may have had its effect.</summary>
    public required bool Doubtful { get; init; }

    /// <summary>The lease before this one ended without a word: its holder may have sent the batch.</summary>
    public required bool Lapsed { get; init; }

    public required IReadOnlyList<BatchedUpdate> Updates { get; init; }
}

/// <param name="WaitedSeconds">Since it became true, by the database's clock.</param>
/// <param name="Rounds">How often a batch with it was in doubt.</param>
internal sealed record BatchedUpdate(Guid Id, Guid PaymentId, ReportedEffect Status, bool Success, long AmountMinor, string Currency, double WaitedSeconds, int Rounds);

/// <summary>What two reports of one payment have in common that nobody at Vipps can tell apart.</summary>
internal sealed record ToldReport(Guid PaymentId, ReportedEffect Status, bool Success, long AmountMinor);

/// <summary>
/// The outbox to Vipps (ENGINE 28): updates that are due are frozen into batches of one merchant, in order per payment; a batch and its
/// Request-Id never change once it may have been sent.
/// </summary>
internal static class StatusBatches
{
    // One freezer at a time, in a transaction whose statements each see what the one before it waited for: two that interleave could
    // put a payment's later update into an earlier batch.
    private const string FreezeLock = "select pg_advisory_xact_lock(7301)";

    // What has twice had no effect goes alone: it may be what Vipps answers 500 to, and others have waited for it long enough.
    internal const string FreezeSql = """
        with waiting as (
            select u.id, u.merchant_serial_number, u.payment_id, u.created_at, u.tries
            from status_updates u
            where u.due_at <= (select clock_timestamp())
              and not exists (select from status_updates e where e.payment_id = u.payment_id and e.batch_id is not null and e.sent_at is null and e.parked_at is null)
            order by u.due_at, u.id
            limit @scan
        ),
        tried as (select w.*, max(w.tries) over (partition by w.payment_id) as rounds from waiting w),
        first as (select t.merchant_serial_number, t.payment_id, t.rounds from tried t order by t.created_at, t.id limit 1),
        chosen as (
            select t.id from tried t, first f
            where t.merchant_serial_number = f.merchant_serial_number and case when f.rounds >= 2 then t.payment_id = f.payment_id else t.rounds < 2 end
            order by t.created_at, t.id
            limit @size
        ),
        batch as (
            insert into status_batches (id, merchant_serial_number, tries, due_at, generation, doubtful, created_at)
            select @batch_id, min(w.merchant_serial_number), 0, clock_timestamp(), 0, false, clock_timestamp()
            from waiting w join chosen c on c.id = w.id having count(*) > 0
            returning id
        )
        update status_updates u set batch_id = b.id, due_at = null from chosen c, batch b where u.id = c.id
        """;

    private const string ClaimSql = """
        with due as (
            select id, lease_until is not null as lapsed from status_batches
            where due_at <= (select clock_timestamp()) and (lease_until is null or lease_until <= clock_timestamp())
            order by due_at, id limit 1
            for update skip locked
        )
        update status_batches b
        set lease_until = clock_timestamp() + @lease, due_at = clock_timestamp() + @lease, generation = b.generation + 1
        from due d where b.id = d.id
        returning b.id, b.merchant_serial_number, b.generation, b.tries, b.doubtful, d.lapsed
        """;

    private const string UpdatesSql = """
        select u.id, u.payment_id, u.status, u.success, u.amount_minor, p.currency, extract(epoch from clock_timestamp() - u.created_at)::float8, u.tries
        from status_updates u join payments p on p.id = u.payment_id
        where u.batch_id = @id and u.sent_at is null and u.parked_at is null
        order by u.created_at, u.id
        """;

    // By the operations: a payment's reports that are over are in no index of their own.
    private const string ToldSql = """
        select o.payment_id, u.status, u.success, u.amount_minor, count(*)
        from operations o join status_updates u on u.operation_id = o.id
        where o.payment_id = any(@payment_ids) and u.sent_at is not null
        group by o.payment_id, u.status, u.success, u.amount_minor
        """;

    private const string FinishSql = """
        with batch as (
            update status_batches set finished_at = clock_timestamp(), sent_at = clock_timestamp(), due_at = null, lease_until = null
            where id = @id and generation = @generation and finished_at is null
            returning id, merchant_serial_number
        ),
        told as (
            update status_updates u set sent_at = clock_timestamp() from batch b where u.batch_id = b.id and u.parked_at is null and u.sent_at is null
            returning u.payment_id, u.sent_at
        )
        """ + ReconcileSql;

    // The books are held against each other a while after the last that Vipps was told.
    private const string ReconcileSql = """
        insert into reconciliations (payment_id, merchant_serial_number, tries, due_at)
        select t.payment_id, min(b.merchant_serial_number), 0, clock_timestamp() + @reconcile_after from told t, batch b where t.sent_at is not null
        group by t.payment_id
        order by t.payment_id
        on conflict (payment_id) do update set due_at = excluded.due_at, tries = 0
        """;

    private const string RetrySql = """
        update status_batches
        set tries = tries + 1, doubtful = doubtful or @doubtful, due_at = clock_timestamp() + @delay, lease_until = null
        where id = @id and generation = @generation and finished_at is null
        """;

    // The refused batch is closed, and each half becomes a batch of its own: nothing of it had an effect.
    private const string RenewSql = """
        update status_batches set lease_until = clock_timestamp() + @lease, due_at = clock_timestamp() + @lease
        where id = @id and generation = @generation and finished_at is null
        """;

    private const string SplitSql = """
        with closed as (
            update status_batches set finished_at = clock_timestamp(), due_at = null, lease_until = null
            where id = @id and generation = @generation and finished_at is null
            returning merchant_serial_number
        ),
        half as (
            insert into status_batches (id, merchant_serial_number, tries, due_at, generation, doubtful, created_at)
            select n.id, c.merchant_serial_number, 0, clock_timestamp(), 0, false, clock_timestamp()
            from closed c, (select distinct unnest(@batches) as id) n
            where n.id <> @none
            returning id
        )
        update status_updates u
        set batch_id = nullif(m.batch_id, @none), due_at = case when m.batch_id = @none then u.created_at end
        from unnest(@updates, @batches) as m (update_id, batch_id), closed c
        where u.id = m.update_id
        """;

    private const string ParkSql = """
        with batch as (
            update status_batches set finished_at = clock_timestamp(), due_at = null, lease_until = null
            where id = @id and generation = @generation and finished_at is null
            returning id
        )
        update status_updates u set parked_at = clock_timestamp(), parked_why = @why from batch b where u.batch_id = b.id and u.sent_at is null and u.parked_at is null
        """;

    // What details show had its effect; the rest is queued again, in a new batch. It is due since it was written, not since now: a later
    // report of the payment that has waited meanwhile would be first in line.
    private const string SettleSql = """
        with batch as (
            update status_batches set finished_at = clock_timestamp(), due_at = null, lease_until = null
            where id = @id and generation = @generation and finished_at is null
            returning id, merchant_serial_number
        ),
        told as (
            update status_updates u
            set sent_at = case when u.id = any(@shown) then clock_timestamp() end,
                parked_at = case when u.payment_id = any(@strange) then clock_timestamp() end,
                parked_why = case when u.payment_id = any(@strange) then @why end,
                batch_id = case when u.id = any(@shown) or u.payment_id = any(@strange) then u.batch_id end,
                due_at = case when not (u.id = any(@shown) or u.payment_id = any(@strange)) then u.created_at end,
                tries = u.tries + 1
            from batch b where u.batch_id = b.id and u.sent_at is null and u.parked_at is null
            returning u.payment_id, u.sent_at
        )
        """ + ReconcileSql;

    /// <summary>Makes one batch of what is due. False: nothing was.</summary>
    public static async Task<bool> FreezeAsync(NpgsqlDataSource database, int size, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var gate = new NpgsqlCommand(FreezeLock, connection, transaction))
        {
            await gate.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = new NpgsqlCommand(FreezeSql, connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<int>("scan", size * 4));
        command.Parameters.Add(new NpgsqlParameter<int>("size", size));
        command.Parameters.Add(new NpgsqlParameter<Guid>("batch_id", Guid.CreateVersion7()));
        var frozen = await command.ExecuteNonQueryAsync(cancellationToken);
        Failpoint.Here(frozen > 0 ? "freeze.before-commit" : "");
        await transaction.CommitAsync(cancellationToken);
        Failpoint.Here(frozen > 0 ? "freeze.after-commit" : "");
        return frozen > 0;
    }

    /// <summary>False: somebody else holds the batch by now.</summary>
    public static async Task<bool> RenewAsync(NpgsqlDataSource database, ClaimedBatch batch, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(RenewSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", batch.Id));
        command.Parameters.Add(new NpgsqlParameter<long>("generation", batch.Generation));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("lease", lease));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public static async Task<ClaimedBatch?> ClaimAsync(NpgsqlDataSource database, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ClaimSql, connection);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("lease", lease));
        Guid id;
        string merchant;
        long generation;
        int tries;
        bool doubtful;
        bool lapsed;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return null;
            }

            (id, merchant, generation, tries, doubtful, lapsed) = (reader.GetGuid(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetBoolean(4), reader.GetBoolean(5));
        }

        await using var select = new NpgsqlCommand(UpdatesSql, connection);
        select.Parameters.Add(new NpgsqlParameter<Guid>("id", id));
        var updates = new List<BatchedUpdate>();
        await using var rows = await select.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            updates.Add(new BatchedUpdate(rows.GetGuid(0), rows.GetGuid(1), Enum.Parse<ReportedEffect>(rows.GetString(2)), rows.GetBoolean(3), rows.GetInt64(4), rows.GetString(5), rows.GetDouble(6), rows.GetInt32(7)));
        }

        Failpoint.Here("report-claim.after-commit", updates.Select(u => u.PaymentId));
        return new ClaimedBatch { Id = id, MerchantSerialNumber = merchant, Generation = generation, Tries = tries, Doubtful = doubtful, Lapsed = lapsed, Updates = updates };
    }

    /// <summary>How often Vipps was told before of each thing that looks alike.</summary>
    public static async Task<IReadOnlyDictionary<ToldReport, long>> ToldBeforeAsync(NpgsqlDataSource database, ClaimedBatch batch, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ToldSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("payment_ids", [.. batch.Updates.Select(u => u.PaymentId).Distinct()]));
        var told = new Dictionary<ToldReport, long>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            told[new ToldReport(reader.GetGuid(0), Enum.Parse<ReportedEffect>(reader.GetString(1)), reader.GetBoolean(2), reader.GetInt64(3))] = reader.GetInt64(4);
        }

        return told;
    }

    public static Task FinishAsync(NpgsqlDataSource database, ClaimedBatch batch, TimeSpan reconcileAfter, CancellationToken cancellationToken) =>
        RunAsync(database, FinishSql, batch, cancellationToken, new NpgsqlParameter<TimeSpan>("reconcile_after", reconcileAfter));

    /// <summary>False: it is another's by now.</summary>
    public static Task<bool> RetryAsync(NpgsqlDataSource database, ClaimedBatch batch, TimeSpan delay, bool doubtful, CancellationToken cancellationToken) =>
        RunAsync(database, RetrySql, batch, cancellationToken, new NpgsqlParameter<TimeSpan>("delay", delay), new NpgsqlParameter<bool>("doubtful", doubtful));

    public static Task ParkAsync(NpgsqlDataSource database, ClaimedBatch batch, string why, CancellationToken cancellationToken) =>
        RunAsync(database, ParkSql, batch, cancellationToken, new NpgsqlParameter<string>("why", why));

    /// <param name="shown">The updates that had their effect.</param>
    /// <param name="strange">Payments that nothing can be told of: their updates are put before a person.</param>
    public static Task SettleAsync(NpgsqlDataSource database, ClaimedBatch batch, IReadOnlyList<Guid> shown, IReadOnlyList<Guid> strange, string why, TimeSpan reconcileAfter, CancellationToken cancellationToken) =>
        RunAsync(database, SettleSql, batch, cancellationToken, new NpgsqlParameter<Guid[]>("shown", [.. shown]), new NpgsqlParameter<Guid[]>("strange", [.. strange]), new NpgsqlParameter<string>("why", why), new NpgsqlParameter<TimeSpan>("reconcile_after", reconcileAfter));

    public static Task SplitAsync(NpgsqlDataSource database, ClaimedBatch batch, CancellationToken cancellationToken)
    {
        // A payment's updates stay together. Of one payment's alone, the first goes by itself and the others wait for it, unbatched.
        var payments = batch.Updates.Select(u => u.PaymentId).Distinct().ToList();
        var (first, second) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var half = payments.Take(payments.Count / 2).ToHashSet();
        var batches = payments.Count > 1
            ? batch.Updates.Select(u => half.Contains(u.PaymentId) ? first : second)
            : batch.Updates.Select((_, i) => i == 0 ? first : Guid.Empty);
        return RunAsync(database, SplitSql, batch, cancellationToken, new NpgsqlParameter<Guid[]>("updates", [.. batch.Updates.Select(u => u.Id)]), new NpgsqlParameter<Guid[]>("batches", [.. batches]), new NpgsqlParameter<Guid>("none", Guid.Empty));
    }

    private static async Task<bool> RunAsync(NpgsqlDataSource database, string sql, ClaimedBatch batch, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", batch.Id));
        command.Parameters.Add(new NpgsqlParameter<long>("generation", batch.Generation));
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}
