using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.StepUps;

namespace PspGateway.Storage.Queue;

/// <summary>A decision about a payment whose authorise has left, other than its outcome: too late, the customer, the merchant, a lost delivery.</summary>
internal sealed class Decision
{
    public required Guid OperationId { get; init; }

    /// <summary>Set by a worker that holds the lease: an older one decides nothing.</summary>
    public long? Generation { get; init; }

    /// <summary>The answer that must be stored now for the decision to be legal; null: none.</summary>
    public Answer? While { get; init; }

    /// <summary>Also require that the OK is not known to be delivered.</summary>
    public bool OnlyUndelivered { get; init; }

    /// <summary>The authorise surely never left, so that nothing has to be undone.</summary>
    public bool NothingSent { get; init; }

    public required PaymentMove Move { get; init; }

    public required PaymentEventName Event { get; init; }

    public required string Reason { get; init; }

    /// <summary>The answer's new bytes; null keeps the answer that is stored (a withdrawal).</summary>
    public byte[]? FailBody { get; init; }

    /// <summary>Nobody decided in time (ENGINE 8). Those of calls that were sent differ in their operation and bytes alone, so that many share a statement.</summary>
    public static Decision TooLate(Guid operationId, byte[] failBody, bool nothingSent = false) => new()
    {
        OperationId = operationId,
        Move = PaymentMove.Decline,
        Event = PaymentEventName.Declined,
        Reason = nameof(DeclineReason.TooLate),
        FailBody = failBody,
        NothingSent = nothingSent,
    };
}

/// <summary>
/// Decides, erases the token, and starts the cancel ladder for whatever the acquirer may hold (ENGINE 8, 10, 11, 13), in one statement.
/// A payment that money is captured of, or that the merchant has cancelled, is never taken back here; nor is one by an authorise that a step-up
/// has followed with another. A shared statement passes by rows that somebody holds; alone it waits for them as long as the connection lets it.
/// </summary>
internal static class DecisionWrite
{
    private static string Sql(string lockedRows) => $"""
        with decision as (
            select * from unnest(@operation_ids, @bodies, @reverse_ids, @event_ids) as x (operation_id, body, reverse_id, event_id)
        ),
        locked as (
            select p.id as payment_id, p.amount_minor, p.currency, o.id as operation_id, o.acquirer_reference, o.status, x.body, x.reverse_id, x.event_id
            from decision x join operations o on o.id = x.operation_id join payments p on p.id = o.payment_id
            where (@generation is null or o.generation = @generation)
              and o.answer is not distinct from @while and (not @undelivered or o.delivered_at is null)
              and p.authorise_operation_id = o.id and p.state = any(@sources) and p.captured_minor = 0 and p.cancelled_minor = 0
            order by p.id
            for update of p, o {lockedRows}
        ),
        operation as (
            update operations o
            set answer = case when l.body is null then o.answer else 'Fail' end, answer_body = coalesce(l.body, o.answer_body),
                status = case when @nothing_sent then 'Failed' when o.status = 'InFlight' then 'Unknown' else o.status end,
                finished_at = case when @nothing_sent then clock_timestamp() else o.finished_at end, due_at = null, lease_until = null
            from locked l where o.id = l.operation_id
        ),
        payment as (
            update payments p set state = @target from locked l where p.id = l.payment_id
        ),
        erased as (
            delete from sealed_tokens s using locked l where s.operation_id = l.operation_id
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select l.event_id, l.payment_id, @event, l.amount_minor, true, @reason, clock_timestamp() from locked l
        ),
        reverse as (
            insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key, acquirer_reference,
                                    reverses_operation_id, tries, ladder_base, ladder_started_at, due_at, generation, created_at)
            select l.reverse_id, l.payment_id, 'Reverse', n.number, l.amount_minor, l.currency, 'Pending',
                   replace(l.payment_id::text, '-', '') || '-r' || n.number, replace(l.reverse_id::text, '-', ''), l.acquirer_reference,
                   l.operation_id, 0, 0, clock_timestamp(), clock_timestamp(), 0, clock_timestamp()
            from locked l
            cross join lateral (select count(*) + 1 as number from operations r where r.payment_id = l.payment_id and r.kind = 'Reverse') n
            where l.status <> 'Failed' and not @nothing_sent
            on conflict (reverses_operation_id, open_reversal) where open_reversal is not null
            do nothing
        ),
        ended as (select payment_id from locked),
        {StepUpEnd.WithPayment}
        select operation_id from locked
        """;

    private static readonly string Alone = Sql("");
    private static readonly string Shared = Sql("skip locked");

    /// <summary>True when the decision was made now; false when the payment or its answer had moved on.</summary>
    public static async Task<bool> RunAsync(NpgsqlDataSource database, Decision decision, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        return await RunAsync(connection, decision, cancellationToken);
    }

    /// <summary>The same on a connection of the caller's, within its transaction if there is one.</summary>
    public static async Task<bool> RunAsync(NpgsqlConnection connection, Decision decision, CancellationToken cancellationToken) =>
        (await RunAsync(connection, [decision], Run.Alone, cancellationToken)).Count == 1;

    /// <param name="alike">In everything but their operations and bytes.</param>
    /// <returns>Those that were made now, by operation. One that is missing had moved on, or (not alone) somebody holds its payment.</returns>
    public static async Task<IReadOnlyDictionary<Guid, Decision>> RunAsync(NpgsqlDataSource database, IReadOnlyList<Decision> alike, Run run, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        return await RunAsync(connection, alike, run, cancellationToken);
    }

    private static async Task<IReadOnlyDictionary<Guid, Decision>> RunAsync(NpgsqlConnection connection, IReadOnlyList<Decision> alike, Run run, CancellationToken cancellationToken)
    {
        var every = alike[0];
        await using var command = new NpgsqlCommand(run == Run.Alone ? Alone : Shared, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("operation_ids", [.. alike.Select(d => d.OperationId)]));
        command.Parameters.Add(new NpgsqlParameter<byte[]?[]>("bodies", [.. alike.Select(d => d.FailBody)]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("reverse_ids", [.. alike.Select(_ => Guid.CreateVersion7())]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("event_ids", [.. alike.Select(_ => Guid.CreateVersion7())]));
        command.Parameters.Add(new NpgsqlParameter<long?>("generation", every.Generation));
        command.Parameters.Add(new NpgsqlParameter<string?>("while", every.While?.ToString()));
        command.Parameters.Add(new NpgsqlParameter<bool>("undelivered", every.OnlyUndelivered));
        command.Parameters.Add(new NpgsqlParameter<string[]>("sources", [.. PaymentMoves.Sources(every.Move).Select(s => s.ToString())]));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(every.Move).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", every.Event.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reason", every.Reason));
        command.Parameters.Add(new NpgsqlParameter<bool>("nothing_sent", every.NothingSent));

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var made = new Dictionary<Guid, Decision>(alike.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            var operationId = reader.GetGuid(0);
            made[operationId] = alike.First(d => d.OperationId == operationId);
        }

        return made;
    }
}
