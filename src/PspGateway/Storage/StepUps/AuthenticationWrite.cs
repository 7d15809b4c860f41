using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.StepUps;

/// <summary>A call to the 3-D Secure server that this process may make now.</summary>
internal sealed record StartedAuthentication(Guid OperationId, long Generation, string Reference);

/// <summary>What came of such a call.</summary>
internal sealed class AuthenticationRecord
{
    public required Guid OperationId { get; init; }

    public required long Generation { get; init; }

    /// <summary>Where the step-up goes; a payment of one that ends here is Declined.</summary>
    public required StepUpState State { get; init; }

    /// <summary>Pending: the customer has gone to the issuer, and the same operation goes on when they are back.</summary>
    public required OperationStatus Status { get; init; }

    public byte[]? SealedPage { get; init; }

    public byte[]? SealedResult { get; init; }

    /// <summary>Money is or may be held: by the acquirer's reference where that is known, else by ours.</summary>
    public bool Reverse { get; init; }

    public string? AcquirerReference { get; init; }
}

/// <summary>
/// The calls to the 3-D Secure server: intent, call, record. One Authenticate stands for a whole authentication, since all its calls go by one
/// reference at the acquirer and a reversal needs that: it is in flight while it is asked for, and again when the customer is back.
/// </summary>
internal static class AuthenticationWrite
{
    // The answer's due time stands for the last moment at which a call may leave (ENGINE 13: what a cancel by our own reference proves).
    private const string BeginSql = """
        with taken as (
            select p.id as payment_id, p.amount_minor, p.currency, s.id as step_up_id, s.attempts + 1 as number
            from step_ups s join payments p on p.id = s.payment_id
            where s.id = @id and s.state = 'Waiting' and s.attempts < @most and s.expires_at > clock_timestamp() and p.state = 'StepUp'
            for update of p, s
        ),
        operation as (
            insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key,
                                    tries, ladder_base, due_at, lease_until, generation, answer_due, sent_at, created_at)
            select @operation_id, t.payment_id, 'Authenticate', t.number, t.amount_minor, t.currency, 'InFlight',
                   replace(t.payment_id::text, '-', '') || '-3ds' || t.number, replace(@operation_id::text, '-', ''),
                   1, 0, clock_timestamp() + @lease, clock_timestamp() + @lease, 1, clock_timestamp() + @lease, clock_timestamp(), clock_timestamp()
            from taken t
            returning id, generation, reference
        ),
        step_up as (
            update step_ups s set state = 'Authenticating', attempts = t.number, authenticate_operation_id = @operation_id from taken t where s.id = t.step_up_id
        )
        select id, generation, reference from operation
        """;

    private const string ResumeSql = """
        with taken as (
            select s.id as step_up_id, o.id as operation_id
            from step_ups s join payments p on p.id = s.payment_id join operations o on o.id = s.authenticate_operation_id
            where s.id = @id and s.state = 'Challenged' and s.expires_at > clock_timestamp() and p.state = 'StepUp' and o.status = 'Pending' and o.tries <= @most
            for update of p, o, s
        ),
        operation as (
            update operations o
            set status = 'InFlight', generation = o.generation + 1, tries = o.tries + 1, due_at = clock_timestamp() + @lease, lease_until = clock_timestamp() + @lease,
                answer_due = clock_timestamp() + @lease, sent_at = clock_timestamp()
            from taken t where o.id = t.operation_id
            returning o.id, o.generation, o.reference
        ),
        step_up as (
            update step_ups s set state = 'Authenticating' from taken t where s.id = t.step_up_id
        )
        select id, generation, reference from operation
        """;

    // No OK is ever given for an Authenticate: its answer is FAIL from the first word on, so that news of it is reversed like that of any other authorise.
    private const string RecordSql = $"""
        with locked as (
            select p.id as payment_id, p.amount_minor, p.currency, o.id as operation_id, s.id as step_up_id,
                   s.state = 'Authenticating' and s.authenticate_operation_id = o.id and p.state = 'StepUp' as live
            from operations o join payments p on p.id = o.payment_id join step_ups s on s.payment_id = p.id
            where o.id = @operation_id and o.generation = @generation and o.kind = 'Authenticate' and o.status = 'InFlight'
            for update of p, o, s
        ),
        operation as (
            update operations o
            set status = case when @status = 'Pending' and not l.live then 'Failed' else @status end, acquirer_reference = @acquirer_reference,
                answer = 'Fail', answer_body = ''::bytea, due_at = null, lease_until = null,
                finished_at = case when @status = 'Unknown' or (@status = 'Pending' and l.live) then null else clock_timestamp() end
            from locked l where o.id = l.operation_id
        ),
        step_up as (
            update step_ups s
            set state = @state, sealed_card = case when @state = 'Waiting' then s.sealed_card end, sealed_page = @sealed_page, sealed_result = @sealed_result
            from locked l where s.id = l.step_up_id and l.live
        ),
        payment as (
            update payments p set state = @declined from locked l where p.id = l.payment_id and l.live and @ends
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select @event_id, l.payment_id, @event, l.amount_minor, true, @reason, clock_timestamp() from locked l where l.live and @ends
        ),
        reverse as (
            insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key, acquirer_reference,
                                    reverses_operation_id, tries, ladder_base, ladder_started_at, due_at, generation, created_at)
            select @reverse_id, l.payment_id, 'Reverse', n.number, l.amount_minor, l.currency, 'Pending',
                   replace(l.payment_id::text, '-', '') || '-r' || n.number, replace(@reverse_id::text, '-', ''), @acquirer_reference,
                   l.operation_id, 0, 0, clock_timestamp(), clock_timestamp(), 0, clock_timestamp()
            from locked l
            cross join lateral (select count(*) + 1 as number from operations r where r.payment_id = l.payment_id and r.kind = 'Reverse') n
            where @reverse and not exists (
                select from operations r where r.reverses_operation_id = l.operation_id and r.kind = 'Reverse' and r.acquirer_reference = @acquirer_reference)
            on conflict (reverses_operation_id, open_reversal) where open_reversal is not null do nothing
        )
        select count(*) from locked
        """;

    /// <summary>Null: the step-up does not wait for it, its tries are used up, or its time is over.</summary>
    public static Task<StartedAuthentication?> BeginAsync(NpgsqlDataSource database, Guid stepUpId, int most, TimeSpan lease, CancellationToken cancellationToken) =>
        StartAsync(database, BeginSql, [new NpgsqlParameter<Guid>("id", stepUpId), new NpgsqlParameter<Guid>("operation_id", Guid.CreateVersion7()), new NpgsqlParameter<int>("most", most), new NpgsqlParameter<TimeSpan>("lease", lease)], cancellationToken);

    /// <summary>The customer is back. Null: nobody waits for them, or its time is over.</summary>
    public static Task<StartedAuthentication?> ResumeAsync(NpgsqlDataSource database, Guid stepUpId, int most, TimeSpan lease, CancellationToken cancellationToken) =>
        StartAsync(database, ResumeSql, [new NpgsqlParameter<Guid>("id", stepUpId), new NpgsqlParameter<int>("most", most), new NpgsqlParameter<TimeSpan>("lease", lease)], cancellationToken);

    /// <summary>False: the operation was finished or taken over by somebody else. A step-up that has ended meanwhile stays as it is.</summary>
    public static async Task<bool> RecordAsync(NpgsqlDataSource database, AuthenticationRecord record, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(RecordSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("operation_id", record.OperationId));
        command.Parameters.Add(new NpgsqlParameter<long>("generation", record.Generation));
        command.Parameters.Add(new NpgsqlParameter<string>("status", record.Status.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("state", record.State.ToString()));
        command.Parameters.Add(new NpgsqlParameter<byte[]?>("sealed_page", record.SealedPage));
        command.Parameters.Add(new NpgsqlParameter<byte[]?>("sealed_result", record.SealedResult));
        command.Parameters.Add(new NpgsqlParameter<bool>("ends", record.State is StepUpState.Failed or StepUpState.Cancelled));
        command.Parameters.Add(new NpgsqlParameter<bool>("reverse", record.Reverse));
        command.Parameters.Add(new NpgsqlParameter<string?>("acquirer_reference", record.AcquirerReference));
        command.Parameters.Add(new NpgsqlParameter<Guid>("reverse_id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<Guid>("event_id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<string>("declined", PaymentMoves.Target(PaymentMove.Decline).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", PaymentEventName.Declined.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reason", DeclineReason.AuthenticationFailed.ToString()));
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }

    private static async Task<StartedAuthentication?> StartAsync(NpgsqlDataSource database, string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new StartedAuthentication(reader.GetGuid(0), reader.GetInt64(1), reader.GetString(2)) : null;
    }
}
