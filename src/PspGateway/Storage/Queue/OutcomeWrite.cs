using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Queue;

/// <summary>A definite outcome of an authorise, with the bytes of each answer it may lead to.</summary>
internal sealed class AuthoriseOutcome
{
    public required Guid OperationId { get; init; }

    public required long Generation { get; init; }

    public required bool Approved { get; init; }

    /// <summary>False once FAIL has gone out: an approval is then recorded, and reversed.</summary>
    public required bool MayAnswerOk { get; init; }

    /// <summary>The acquirer's reference of what it holds, approved or left open.</summary>
    public string? AcquirerReference { get; init; }

    public DeclineReason? DeclineReason { get; init; }

    public required byte[] OkBody { get; init; }

    public required byte[] FailBody { get; init; }

    public AuthoriseOutcome WithoutOk() => new()
    {
        OperationId = OperationId,
        Generation = Generation,
        Approved = Approved,
        MayAnswerOk = false,
        AcquirerReference = AcquirerReference,
        DeclineReason = DeclineReason,
        OkBody = OkBody,
        FailBody = FailBody,
    };
}

/// <summary>What is now stored as the answer, whoever decided it.</summary>
internal sealed record StoredAnswer(Guid OperationId, Answer Answer, byte[] Body)
{
    /// <summary>As it was read back. Null: none, not that operation's, or an OK that was taken back before it left.</summary>
    public static StoredAnswer? Of(CallbackPayment? payment, Guid operationId) =>
        payment is { Authorise: { Answer: { } answer, Body: { } body } authorise } && authorise.Id == operationId && (answer != Domain.Operations.Answer.Ok || payment.State is PaymentState.Approved or PaymentState.Authorised)
            ? new StoredAnswer(operationId, answer, body)
            : null;
}

/// <summary>
/// The second of the two hot writes (ENGINE 8, 11): records the outcome, decides the answer if nobody has, erases the token, writes
/// history, and starts the reversal of whatever the acquirer holds without an OK. A reversal that is under way learns the acquirer's
/// reference and begins its ladder anew, since another request needs another key. Takes many; each has its own result. A shared statement
/// passes by rows that somebody holds; alone it waits for them as long as the connection lets it.
/// </summary>
internal static class OutcomeWrite
{
    private static string Sql(string lockedRows) => $"""
        with outcome as (
            select * from unnest(@operation_ids, @generations, @approved, @may_ok, @acquirer_references, @decline_reasons, @ok_bodies, @fail_bodies, @reverse_ids, @event_ids)
                as x (operation_id, generation, approved, may_ok, acquirer_reference, decline_reason, ok_body, fail_body, reverse_id, event_id)
        ),
        locked as (
            select p.id as payment_id, p.amount_minor, p.currency, p.state, o.id as operation_id, o.answer, o.answer_due
            from outcome x
            join operations o on o.id = x.operation_id and o.generation = x.generation and o.status in ('InFlight', 'Unknown')
            join payments p on p.id = o.payment_id
            order by p.id
            for update of p, o {lockedRows}
        ),
        decided as materialized (
            select l.*, x.approved, x.acquirer_reference, x.decline_reason, x.ok_body, x.fail_body, x.reverse_id, x.event_id,
                   x.approved and x.may_ok and l.answer is null and l.state = @accepted and clock_timestamp() < l.answer_due as ok
            from locked l join outcome x on x.operation_id = l.operation_id
        ),
        operation as (
            update operations o
            set status = case when d.approved then 'Succeeded' else 'Failed' end,
                acquirer_reference = d.acquirer_reference,
                decline_reason = case when d.ok then null else coalesce(d.decline_reason, 'TooLate') end,
                answer = coalesce(o.answer, case when d.ok then 'Ok' else 'Fail' end),
                answer_body = coalesce(o.answer_body, case when d.ok then d.ok_body else d.fail_body end),
                finished_at = clock_timestamp(),
                due_at = case when d.ok then o.lease_until end,
                lease_until = case when d.ok then o.lease_until end
            from decided d
            where o.id = d.operation_id
            returning o.id, o.answer, o.answer_body
        ),
        payment as (
            update payments p set state = case when d.ok then @approved_state else @declined_state end
            from decided d where p.id = d.payment_id and d.answer is null and p.state = @accepted
        ),
        erased as (
            delete from sealed_tokens s using decided d where s.operation_id = d.operation_id
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select d.event_id, d.payment_id, case when d.ok then @approved_event else @declined_event end, d.amount_minor, d.ok,
                   case when not d.ok then coalesce(d.decline_reason, 'TooLate') end, clock_timestamp()
            from decided d where d.answer is null
        ),
        learned as (
            update operations r
            set acquirer_reference = d.acquirer_reference, due_at = clock_timestamp(), tries = r.tries + 1, ladder_base = r.tries + 1,
                ladder_started_at = clock_timestamp(), parked_at = null, parked_why = null
            from decided d
            where r.reverses_operation_id = d.operation_id and r.open_reversal = ''
              and not d.ok and d.acquirer_reference is not null
            returning r.reverses_operation_id
        ),
        reverse as (
            insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key, acquirer_reference,
                                    reverses_operation_id, tries, ladder_base, ladder_started_at, due_at, generation, created_at)
            select d.reverse_id, d.payment_id, 'Reverse', n.number, d.amount_minor, d.currency, 'Pending',
                   replace(d.payment_id::text, '-', '') || '-r' || n.number, replace(d.reverse_id::text, '-', ''), d.acquirer_reference,
                   d.operation_id, 0, 0, clock_timestamp(), clock_timestamp(), 0, clock_timestamp()
            from decided d
            cross join lateral (select count(*) + 1 as number from operations r where r.payment_id = d.payment_id and r.kind = 'Reverse') n
            where not d.ok and d.acquirer_reference is not null and not exists (select from learned l where l.reverses_operation_id = d.operation_id)
            on conflict (reverses_operation_id, open_reversal) where open_reversal is not null do nothing
        )
        select id, answer, answer_body from operation
        """;

    private static readonly string Alone = Sql("");
    private static readonly string Shared = Sql("skip locked");

    /// <summary>By operation, for those found open. One that is missing was finished or taken over by somebody else, or (not alone) somebody holds it.</summary>
    public static async Task<IReadOnlyDictionary<Guid, StoredAnswer>> RunAsync(
        NpgsqlDataSource database, IReadOnlyList<AuthoriseOutcome> outcomes, Run run, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        var sql = run == Run.Alone ? Alone : Shared;
        PlantedBug.InStatement(ref sql);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("operation_ids", [.. outcomes.Select(o => o.OperationId)]));
        command.Parameters.Add(new NpgsqlParameter<long[]>("generations", [.. outcomes.Select(o => o.Generation)]));
        command.Parameters.Add(new NpgsqlParameter<bool[]>("approved", [.. outcomes.Select(o => o.Approved)]));
        command.Parameters.Add(new NpgsqlParameter<bool[]>("may_ok", [.. outcomes.Select(o => o.MayAnswerOk)]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("acquirer_references", [.. outcomes.Select(o => o.AcquirerReference)]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("decline_reasons", [.. outcomes.Select(o => o.DeclineReason?.ToString())]));
        command.Parameters.Add(new NpgsqlParameter<byte[][]>("ok_bodies", [.. outcomes.Select(o => o.OkBody)]));
        command.Parameters.Add(new NpgsqlParameter<byte[][]>("fail_bodies", [.. outcomes.Select(o => o.FailBody)]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("reverse_ids", [.. outcomes.Select(_ => Guid.CreateVersion7())]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("event_ids", [.. outcomes.Select(_ => Guid.CreateVersion7())]));
        command.Parameters.Add(new NpgsqlParameter<string>("accepted", PaymentMoves.Target(PaymentMove.Accept).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("approved_state", PaymentMoves.Target(PaymentMove.Approve).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("declined_state", PaymentMoves.Target(PaymentMove.Decline).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("approved_event", PaymentEventName.Approved.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("declined_event", PaymentEventName.Declined.ToString()));

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var answers = new Dictionary<Guid, StoredAnswer>(outcomes.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            var operationId = reader.GetGuid(0);
            answers[operationId] = new StoredAnswer(operationId, Enum.Parse<Answer>(reader.GetString(1)), await reader.GetFieldValueAsync<byte[]>(2, cancellationToken));
        }

        return answers;
    }
}
