using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;
using PspGateway.Storage.StepUps;

namespace PspGateway.Storage.Queue;

/// <summary>What happens to an open Reverse between its rungs and at its end (ENGINE 13).</summary>
internal static class ReversalWrite
{
    private const string NextRung = """
        update operations
        set status = 'Unknown', tries = @tries, sent_at = clock_timestamp(), lease_until = null,
            due_at = case when acquirer_reference is distinct from @sent_for then clock_timestamp()
                          else greatest(ladder_started_at + @offset, clock_timestamp() + interval '100 milliseconds') end
        where id = @id and generation = @generation and finished_at is null and parked_at is null
        """;

    private const string SameRung = """
        update operations
        set status = 'Unknown', sent_at = clock_timestamp(), lease_until = null, due_at = clock_timestamp() + @delay,
            tries = tries + case when clock_timestamp() + @delay >= ladder_started_at + @next then 1 else 0 end
        where id = @id and generation = @generation and finished_at is null and parked_at is null
        """;

    private const string ParkSql = """
        with parked as (
            update operations
            set status = 'Unknown', lease_until = null, due_at = null, parked_at = clock_timestamp(), parked_why = @why
            where id = @id and finished_at is null and parked_at is null and (@generation is null or generation = @generation)
              and acquirer_reference is not distinct from @known_as
            returning payment_id, amount_minor
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select gen_random_uuid(), payment_id, @event, amount_minor, false, @why, clock_timestamp() from parked
        )
        select count(*) from parked
        """;

    // ENGINE 24: where authenticating holds money there is no second authorise beside it, the step-up has failed.
    private const string OpenSql = $"""
        with locked as (
            select p.id as payment_id, p.amount_minor, p.currency, o.id as operation_id, o.kind = 'Authenticate' and p.state = @step_up as authenticates
            from operations o join payments p on p.id = o.payment_id
            where o.id = @id and not exists (
                select from operations r where r.reverses_operation_id = o.id and r.kind = 'Reverse' and r.acquirer_reference = @acquirer_reference)
            for update of p
        ),
        ended as (select payment_id, amount_minor from locked where authenticates),
        payment as (
            update payments p set state = @target from ended e where p.id = e.payment_id
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select gen_random_uuid(), e.payment_id, @event, e.amount_minor, true, @reason, clock_timestamp() from ended e
        ),
        {StepUpEnd.WithPayment}
        insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key, acquirer_reference,
                                reverses_operation_id, tries, ladder_base, ladder_started_at, due_at, generation, created_at)
        select @reverse_id, l.payment_id, 'Reverse', n.number, l.amount_minor, l.currency, 'Pending',
               replace(l.payment_id::text, '-', '') || '-r' || n.number, replace(@reverse_id::text, '-', ''), @acquirer_reference,
               l.operation_id, 0, 0, clock_timestamp(), clock_timestamp(), 0, clock_timestamp()
        from locked l
        cross join lateral (select count(*) + 1 as number from operations r where r.payment_id = l.payment_id and r.kind = 'Reverse') n
        on conflict (reverses_operation_id, open_reversal) where open_reversal is not null do nothing
        """;

    private const string HasSql = "select exists (select from operations where reverses_operation_id = @id and kind = 'Reverse' and acquirer_reference = @acquirer_reference)";

    // The payment is locked first, as everywhere. CANCELLED is reported only for a reservation that Vipps was told of (ENGINE 19):
    // that is what Withdrawn means, and the approval that OK was said for.
    private const string FinishSql = """
        with locked as (
            select p.id as payment_id, p.merchant_serial_number, p.amount_minor, p.authorised_minor, o.id as operation_id,
                   p.state = @withdrawn and o.acquirer_reference = a.acquirer_reference and a.answer = 'Ok' as releases
            from operations o join payments p on p.id = o.payment_id join operations a on a.id = o.reverses_operation_id
            where o.id = @id and o.finished_at is null and (@generation is null or o.generation = @generation)
              and (not @only_unfound or o.acquirer_reference is null)
            for update of p, o
        ),
        operation as (
            update operations o
            set status = 'Succeeded', finished_at = clock_timestamp(), due_at = null, lease_until = null, parked_at = null, parked_why = null
            from locked l where o.id = l.operation_id
        ),
        payment as (
            update payments p set cancelled_minor = p.authorised_minor from locked l where p.id = l.payment_id and l.releases
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select gen_random_uuid(), l.payment_id, @event, l.amount_minor, true, @why, clock_timestamp() from locked l
        ),
        report as (
            insert into status_updates (id, operation_id, payment_id, merchant_serial_number, status, success, amount_minor, tries, due_at, created_at)
            select gen_random_uuid(), l.operation_id, l.payment_id, l.merchant_serial_number, @report, true, l.amount_minor, 0, clock_timestamp(), clock_timestamp()
            from locked l where l.releases
        )
        select count(*) from locked
        """;

    /// <summary>The rung was taken by the acquirer: the next one comes at its offset from the ladder's start, or at once if the acquirer's reference was learned meanwhile.</summary>
    public static Task<bool> NextRungAsync(NpgsqlDataSource database, ClaimedOperation reverse, int rung, TimeSpan offset, CancellationToken cancellationToken) =>
        ExecuteAsync(database, NextRung, cancellationToken, new NpgsqlParameter<Guid>("id", reverse.Id), new NpgsqlParameter<long>("generation", reverse.Generation), new NpgsqlParameter<int>("tries", rung), new NpgsqlParameter<TimeSpan>("offset", offset), new NpgsqlParameter<string?>("sent_for", reverse.AcquirerReference));

    /// <summary>The rung had no answer: it is sent again under its own key, until the next one's time has come.</summary>
    public static Task<bool> SameRungAsync(NpgsqlDataSource database, ClaimedOperation reverse, TimeSpan delay, TimeSpan next, CancellationToken cancellationToken) =>
        ExecuteAsync(database, SameRung, cancellationToken, new NpgsqlParameter<TimeSpan>("next", next), new NpgsqlParameter<Guid>("id", reverse.Id), new NpgsqlParameter<long>("generation", reverse.Generation), new NpgsqlParameter<TimeSpan>("delay", delay));

    /// <summary>Only a person can go on. A later proof still ends it.</summary>
    public static Task<bool> ParkAsync(NpgsqlDataSource database, Guid id, string? knownAs, long? generation, string why, CancellationToken cancellationToken) =>
        CountAsync(database, ParkSql, cancellationToken, new NpgsqlParameter<Guid>("id", id), new NpgsqlParameter<string?>("known_as", knownAs), new NpgsqlParameter<long?>("generation", generation), new NpgsqlParameter<string>("why", why), new NpgsqlParameter<string>("event", PaymentEventName.ReversalParked.ToString()));

    /// <summary>Proof that nothing is held any more. True when this call ended it.</summary>
    public static Task<bool> FinishAsync(NpgsqlDataSource database, Guid id, long? generation, bool onlyUnfound, string why, CancellationToken cancellationToken) =>
        CountAsync(
            database,
            FinishSql,
            cancellationToken,
            new NpgsqlParameter<Guid>("id", id),
            new NpgsqlParameter<long?>("generation", generation),
            new NpgsqlParameter<bool>("only_unfound", onlyUnfound),
            new NpgsqlParameter<string>("why", why),
            new NpgsqlParameter<string>("withdrawn", PaymentState.Withdrawn.ToString()),
            new NpgsqlParameter<string>("event", PaymentEventName.Reversed.ToString()),
            new NpgsqlParameter<string>("report", ReportedEffect.Cancelled.ToString()));

    /// <summary>Starts the reversal of something that the acquirer holds and that no OK was given for. True when one of that reference exists now, finished or not.</summary>
    public static async Task<bool> OpenAsync(NpgsqlDataSource database, Guid authoriseId, string acquirerReference, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            database,
            OpenSql,
            cancellationToken,
            new NpgsqlParameter<Guid>("id", authoriseId),
            new NpgsqlParameter<string>("acquirer_reference", acquirerReference),
            new NpgsqlParameter<Guid>("reverse_id", Guid.CreateVersion7()),
            new NpgsqlParameter<string>("step_up", PaymentState.StepUp.ToString()),
            new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.Decline).ToString()),
            new NpgsqlParameter<string>("event", PaymentEventName.Declined.ToString()),
            new NpgsqlParameter<string>("reason", nameof(DeclineReason.AuthenticationFailed)));
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(HasSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", authoriseId));
        command.Parameters.Add(new NpgsqlParameter<string>("acquirer_reference", acquirerReference));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private static async Task<bool> ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private static async Task<bool> CountAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }
}
