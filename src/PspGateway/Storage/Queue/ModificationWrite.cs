using Npgsql;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Queue;

/// <summary>What becomes of a capture, refund or cancel, in one statement each: its row, the payment's amounts, history, and the report to the wallet.</summary>
internal static class ModificationWrite
{
    // What the acquirer has said meanwhile waits no longer than the call it is about; the next of the payment has its turn.
    private const string GoOnSql = """
        update acquirer_notifications set due_at = clock_timestamp() where merchant_reference = @reference and due_at > clock_timestamp();
        update operations set due_at = clock_timestamp()
        where payment_id = @payment_id and kind in ('Capture', 'Cancel', 'Refund') and status = 'Pending' and due_at > clock_timestamp() and lease_until is null
        """;

    private const string OpenSql = """
        update operations
        set status = 'Unknown', acquirer_reference = coalesce(@acquirer_reference, acquirer_reference), lease_until = null,
            due_at = greatest(ladder_started_at + @offset, clock_timestamp() + interval '100 milliseconds'), sent_at = case when not @nothing_sent then sent_at end
        where id = @id and generation = @generation and finished_at is null;
        """;

    private const string ParkSql = """
        update operations set status = 'Unknown', lease_until = null, due_at = null, parked_at = clock_timestamp(), parked_why = @why
        where id = @id and generation = @generation and finished_at is null and parked_at is null
        """;

    // The payment is locked first, as everywhere. Amounts were counted when it was accepted, and come back only where nothing was done. What has
    // been refunded of an amount cannot come back from it; the difference says so.
    private const string FinishSql = """
        with locked as (
            select p.id as payment_id, p.merchant_serial_number, o.id as operation_id, o.kind, o.amount_minor, o.merchant_key, o.reference,
                   case when @done then 0 when o.kind = 'Capture' then least(o.amount_minor, p.captured_minor - p.refunded_minor) else o.amount_minor end as back,
                   case when @done and o.kind = 'Capture' and not @in_parts then p.authorised_minor - p.captured_minor - p.cancelled_minor else 0 end as released
            from operations o join payments p on p.id = o.payment_id
            where o.id = @id and o.finished_at is null and o.kind in ('Capture', 'Cancel', 'Refund')
              and (o.generation = @generation or (@generation is null and o.status = 'Unknown' and (o.lease_until is null or o.lease_until <= clock_timestamp())))
            for update of p, o
        ),
        operation as (
            update operations o
            set status = case when @done then 'Succeeded' else 'Failed' end, finished_at = clock_timestamp(), due_at = null, lease_until = null,
                acquirer_reference = coalesce(@acquirer_reference, o.acquirer_reference), parked_at = null, parked_why = null
            from locked l where o.id = l.operation_id
        ),
        payment as (
            update payments p
            set captured_minor = p.captured_minor - case when l.kind = 'Capture' then l.back else 0 end,
                cancelled_minor = p.cancelled_minor - case when l.kind = 'Cancel' then l.back else 0 end + l.released,
                refunded_minor = p.refunded_minor - case when l.kind = 'Refund' then l.back else 0 end
            from locked l where p.id = l.payment_id and (l.back > 0 or l.released > 0)
        ),
        effect as (
            select l.*, case l.kind when 'Capture' then 'Captured' when 'Cancel' then 'Cancelled' else 'Refunded' end as name from locked l
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, idempotency_key, at)
            select @event_id, e.payment_id, e.name, e.amount_minor, @done,
                   case when @done and e.kind = 'Cancel' and e.merchant_key is null then @ending else @why end, e.merchant_key, clock_timestamp() from effect e
            union all
            select @release_event_id, e.payment_id, @cancelled, e.released, true, 'ReleasedByCapture', null, clock_timestamp() from effect e where e.released > 0
        ),
        report as (
            insert into status_updates (id, operation_id, payment_id, merchant_serial_number, status, success, amount_minor, tries, due_at, created_at)
            select @update_id, e.operation_id, e.payment_id, e.merchant_serial_number, e.name, @done, e.amount_minor, 0, clock_timestamp(), clock_timestamp()
            from effect e where @done or e.kind <> 'Cancel'
            union all
            select @release_update_id, e.operation_id, e.payment_id, e.merchant_serial_number, @cancelled, true, e.released, 0, clock_timestamp(), clock_timestamp()
            from effect e where e.released > 0
        ),
        difference as (
            insert into differences (id, payment_id, cause, ours_minor, theirs_minor, found_at)
            select @difference_id, l.payment_id, @why || ' ' || l.reference, l.amount_minor - l.back, 0, clock_timestamp() from locked l where not @done and l.back < l.amount_minor
            on conflict (payment_id, cause) where resolved_at is null do nothing
        )
        select count(*) from locked
        """;

    // Done, and undone by the acquirer later (ENGINE 18): a new record. What is not there any more, since it was refunded, cannot come back
    // from the amounts; the difference says it. The report is what keeps this from being written twice.
    private const string TakeBackSql = """
        with locked as (
            select p.id as payment_id, p.merchant_serial_number, o.id as operation_id, o.kind, o.amount_minor, o.merchant_key, o.reference,
                   case o.kind when 'Capture' then 'Captured' when 'Cancel' then 'Cancelled' else 'Refunded' end as name,
                   least(o.amount_minor, case o.kind when 'Capture' then p.captured_minor - p.refunded_minor when 'Cancel' then p.cancelled_minor else p.refunded_minor end) as back
            from operations o join payments p on p.id = o.payment_id
            where o.id = @id and o.status = 'Succeeded' and o.kind in ('Capture', 'Cancel', 'Refund')
            for update of p, o
        ),
        report as (
            insert into status_updates (id, operation_id, payment_id, merchant_serial_number, status, success, amount_minor, tries, due_at, created_at)
            select @update_id, l.operation_id, l.payment_id, l.merchant_serial_number, l.name, false, l.amount_minor, 0, clock_timestamp(), clock_timestamp() from locked l
            on conflict (operation_id, status, success) do nothing
            returning operation_id
        ),
        taken as (select l.* from locked l join report r on r.operation_id = l.operation_id),
        payment as (
            update payments p
            set captured_minor = p.captured_minor - case when t.kind = 'Capture' then t.back else 0 end,
                cancelled_minor = p.cancelled_minor - case when t.kind = 'Cancel' then t.back else 0 end,
                refunded_minor = p.refunded_minor - case when t.kind = 'Refund' then t.back else 0 end
            from taken t where p.id = t.payment_id
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, idempotency_key, at)
            select @event_id, t.payment_id, t.name, t.amount_minor, false, @why, t.merchant_key, clock_timestamp() from taken t
        ),
        difference as (
            insert into differences (id, payment_id, cause, ours_minor, theirs_minor, found_at)
            select @difference_id, t.payment_id, @why || ' ' || t.reference, t.amount_minor, 0, clock_timestamp() from taken t
            on conflict (payment_id, cause) where resolved_at is null do nothing
        )
        select count(*) from taken
        """;

    /// <summary>The call has ended, and what it did is not known yet. It wants attention again at its offset from its first try.</summary>
    /// <param name="nothingSent">Neither this call nor one before it can have arrived.</param>
    public static Task LeaveOpenAsync(NpgsqlDataSource database, ClaimedOperation operation, string? acquirerReference, bool nothingSent, TimeSpan offset, CancellationToken cancellationToken) =>
        ExecuteAsync(
            database,
            OpenSql + GoOnSql,
            cancellationToken,
            new NpgsqlParameter<Guid>("id", operation.Id),
            new NpgsqlParameter<long>("generation", operation.Generation),
            new NpgsqlParameter<string?>("acquirer_reference", acquirerReference),
            new NpgsqlParameter<bool>("nothing_sent", nothingSent),
            new NpgsqlParameter<TimeSpan>("offset", offset),
            new NpgsqlParameter<string>("reference", operation.Reference),
            new NpgsqlParameter<Guid>("payment_id", operation.PaymentId));

    public static Task GoOnAsync(NpgsqlDataSource database, Guid paymentId, string reference, CancellationToken cancellationToken) =>
        ExecuteAsync(database, GoOnSql, cancellationToken, new NpgsqlParameter<string>("reference", reference), new NpgsqlParameter<Guid>("payment_id", paymentId));

    /// <summary>Only a person can go on. A later proof still ends it.</summary>
    public static async Task<bool> ParkAsync(NpgsqlDataSource database, ClaimedOperation operation, string why, CancellationToken cancellationToken) =>
        await ExecuteAsync(database, ParkSql, cancellationToken, new NpgsqlParameter<Guid>("id", operation.Id), new NpgsqlParameter<long>("generation", operation.Generation), new NpgsqlParameter<string>("why", why)) > 0;

    /// <summary>True when this call ended it; false when it was ended before, or (without a generation) somebody is asking the acquirer about it.</summary>
    /// <param name="why">Why nothing was done, in our words; null when it was done.</param>
    /// <param name="inParts">Whether the rest stays after a capture of a part.</param>
    public static Task<bool> FinishAsync(NpgsqlDataSource database, Guid id, long? generation, string? acquirerReference, string? why, bool inParts, CancellationToken cancellationToken) =>
        CountAsync(
            database,
            FinishSql,
            cancellationToken,
            new NpgsqlParameter<Guid>("id", id),
            new NpgsqlParameter<long?>("generation", generation),
            new NpgsqlParameter<bool>("done", why is null),
            new NpgsqlParameter<bool>("in_parts", inParts),
            new NpgsqlParameter<string?>("acquirer_reference", acquirerReference),
            new NpgsqlParameter<string?>("why", why),
            new NpgsqlParameter<string>("ending", PaymentEventName.AuthorisationEnding.ToString()),
            new NpgsqlParameter<string>("cancelled", PaymentEventName.Cancelled.ToString()),
            new NpgsqlParameter<Guid>("event_id", Guid.CreateVersion7()),
            new NpgsqlParameter<Guid>("update_id", Guid.CreateVersion7()),
            new NpgsqlParameter<Guid>("release_event_id", Guid.CreateVersion7()),
            new NpgsqlParameter<Guid>("release_update_id", Guid.CreateVersion7()),
            new NpgsqlParameter<Guid>("difference_id", Guid.CreateVersion7()));

    /// <summary>True when this call recorded it; false when it was recorded before.</summary>
    public static Task<bool> TakeBackAsync(NpgsqlDataSource database, Guid id, string why, CancellationToken cancellationToken) =>
        CountAsync(
            database,
            TakeBackSql,
            cancellationToken,
            new NpgsqlParameter<Guid>("id", id),
            new NpgsqlParameter<string>("why", why),
            new NpgsqlParameter<Guid>("event_id", Guid.CreateVersion7()),
            new NpgsqlParameter<Guid>("update_id", Guid.CreateVersion7()),
            new NpgsqlParameter<Guid>("difference_id", Guid.CreateVersion7()));

    private static async Task<int> ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<bool> CountAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        PlantedBug.InStatement(ref sql);
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }
}
