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
}

/// <summary>
/// Decides, erases the token, and starts the cancel ladder for whatever the acquirer may hold (ENGINE 8, 10, 11, 13), in one statement.
/// A payment that money is captured of, or that the merchant has cancelled, is never taken back here; nor is one by an authorise that a step-up
/// has followed with another.
/// </summary>
internal static class DecisionWrite
{
    private const string Sql = $"""
        with locked as (
            select p.id as payment_id, p.amount_minor, p.currency, o.id as operation_id, o.acquirer_reference, o.status
            from operations o join payments p on p.id = o.payment_id
            where o.id = @operation_id and (@generation is null or o.generation = @generation)
              and o.answer is not distinct from @while and (not @undelivered or o.delivered_at is null)
              and p.authorise_operation_id = o.id and p.state = any(@sources) and p.captured_minor = 0 and p.cancelled_minor = 0
            for update of p, o
        ),
        operation as (
            update operations o
            set answer = case when @body is null then o.answer else 'Fail' end, answer_body = coalesce(@body, o.answer_body),
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
            select @event_id, l.payment_id, @event, l.amount_minor, true, @reason, clock_timestamp() from locked l
        ),
        reverse as (
            insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key, acquirer_reference,
                                    reverses_operation_id, tries, ladder_base, ladder_started_at, due_at, generation, created_at)
            select @reverse_id, l.payment_id, 'Reverse', n.number, l.amount_minor, l.currency, 'Pending',
                   replace(l.payment_id::text, '-', '') || '-r' || n.number, replace(@reverse_id::text, '-', ''), l.acquirer_reference,
                   l.operation_id, 0, 0, clock_timestamp(), clock_timestamp(), 0, clock_timestamp()
            from locked l
            cross join lateral (select count(*) + 1 as number from operations r where r.payment_id = l.payment_id and r.kind = 'Reverse') n
            where l.status <> 'Failed' and not @nothing_sent
            on conflict (reverses_operation_id, open_reversal) where open_reversal is not null
            do nothing
        ),
        ended as (select payment_id from locked),
        {StepUpEnd.WithPayment}
        select count(*) from locked
        """;

    /// <summary>True when the decision was made now; false when the payment or its answer had moved on.</summary>
    public static async Task<bool> RunAsync(NpgsqlDataSource database, Decision decision, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        return await RunAsync(connection, decision, cancellationToken);
    }

    /// <summary>The same on a connection of the caller's, within its transaction if there is one.</summary>
    public static async Task<bool> RunAsync(NpgsqlConnection connection, Decision decision, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("operation_id", decision.OperationId));
        command.Parameters.Add(new NpgsqlParameter<long?>("generation", decision.Generation));
        command.Parameters.Add(new NpgsqlParameter<string?>("while", decision.While?.ToString()));
        command.Parameters.Add(new NpgsqlParameter<bool>("undelivered", decision.OnlyUndelivered));
        command.Parameters.Add(new NpgsqlParameter<string[]>("sources", [.. PaymentMoves.Sources(decision.Move).Select(s => s.ToString())]));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(decision.Move).ToString()));
        command.Parameters.Add(new NpgsqlParameter<byte[]?>("body", decision.FailBody));
        command.Parameters.Add(new NpgsqlParameter<string>("event", decision.Event.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reason", decision.Reason));
        command.Parameters.Add(new NpgsqlParameter<bool>("nothing_sent", decision.NothingSent));
        command.Parameters.Add(new NpgsqlParameter<Guid>("event_id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<Guid>("reverse_id", Guid.CreateVersion7()));
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }
}
