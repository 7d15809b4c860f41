using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage.StepUps;

/// <summary>A first soft decline that is passed on to the customer.</summary>
internal sealed class NewStepUp
{
    public required Guid OperationId { get; init; }

    public required long Generation { get; init; }

    public required string PageReference { get; init; }

    public required string SuccessUrl { get; init; }

    public required string CancelUrl { get; init; }

    public required string FailureUrl { get; init; }

    public required byte[] NumberFingerprint { get; init; }

    public required byte[] TokenFingerprint { get; init; }

    public required byte[] SealedCard { get; init; }

    /// <summary>What the acquirer left open with its soft decline, to be cancelled.</summary>
    public required string? OpenReference { get; init; }

    /// <summary>The bytes of SOFT_DECLINE.</summary>
    public required byte[] Body { get; init; }

    public required TimeSpan Life { get; init; }
}

/// <summary>
/// Decides SOFT_DECLINE: where nobody has decided and the answer is open, as an OK would be (ENGINE 8). The token is erased, the card without its
/// cryptogram stays sealed with the step-up (ENGINE 11). A statement of its own, so that the hot one stays small.
/// </summary>
internal static class StepUpAskWrite
{
    private const string Sql = """
        with locked as (
            select p.id as payment_id, p.amount_minor, p.currency, o.id as operation_id, clock_timestamp() as now
            from operations o join payments p on p.id = o.payment_id
            where o.id = @operation_id and o.generation = @generation and o.status = 'InFlight' and o.number = 1 and o.answer is null
              and p.state = any(@sources) and clock_timestamp() < o.answer_due
            for update of p, o
        ),
        operation as (
            update operations o
            set status = 'Failed', acquirer_reference = @open_reference, decline_reason = @reason, answer = 'SoftDecline', answer_body = @body,
                finished_at = clock_timestamp(), due_at = null, lease_until = null
            from locked l where o.id = l.operation_id
        ),
        payment as (
            update payments p set state = @target from locked l where p.id = l.payment_id
        ),
        erased as (
            delete from sealed_tokens t using locked l where t.operation_id = l.operation_id
        ),
        step_up as (
            insert into step_ups (id, payment_id, operation_id, page_reference, state, success_url, cancel_url, failure_url, number_fingerprint, token_fingerprint,
                                  sealed_card, attempts, created_at, expires_at)
            select @id, l.payment_id, l.operation_id, @page_reference, 'Waiting', @success_url, @cancel_url, @failure_url, @number_fingerprint, @token_fingerprint,
                   @sealed_card, 0, l.now, l.now + @life
            from locked l
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, at)
            select @event_id, l.payment_id, @event, l.amount_minor, true, clock_timestamp() from locked l
        ),
        reverse as (
            insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key, acquirer_reference,
                                    reverses_operation_id, tries, ladder_base, ladder_started_at, due_at, generation, created_at)
            select @reverse_id, l.payment_id, 'Reverse', n.number, l.amount_minor, l.currency, 'Pending',
                   replace(l.payment_id::text, '-', '') || '-r' || n.number, replace(@reverse_id::text, '-', ''), @open_reference,
                   l.operation_id, 0, 0, clock_timestamp(), clock_timestamp(), 0, clock_timestamp()
            from locked l
            cross join lateral (select count(*) + 1 as number from operations r where r.payment_id = l.payment_id and r.kind = 'Reverse') n
            where @open_reference is not null
            on conflict (reverses_operation_id, open_reversal) where open_reversal is not null do nothing
        )
        select count(*) from locked
        """;

    /// <summary>False: the answer was decided, or is not open any more, or the operation is somebody else's.</summary>
    public static async Task<bool> RunAsync(NpgsqlDataSource database, NewStepUp stepUp, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<Guid>("operation_id", stepUp.OperationId));
        command.Parameters.Add(new NpgsqlParameter<long>("generation", stepUp.Generation));
        command.Parameters.Add(new NpgsqlParameter<string[]>("sources", [.. PaymentMoves.Sources(PaymentMove.AskStepUp).Select(s => s.ToString())]));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.AskStepUp).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reason", DeclineReason.AuthenticationFailed.ToString()));
        command.Parameters.Add(new NpgsqlParameter<byte[]>("body", stepUp.Body));
        command.Parameters.Add(new NpgsqlParameter<string>("page_reference", stepUp.PageReference));
        command.Parameters.Add(new NpgsqlParameter<string>("success_url", stepUp.SuccessUrl));
        command.Parameters.Add(new NpgsqlParameter<string>("cancel_url", stepUp.CancelUrl));
        command.Parameters.Add(new NpgsqlParameter<string>("failure_url", stepUp.FailureUrl));
        command.Parameters.Add(new NpgsqlParameter<byte[]>("number_fingerprint", stepUp.NumberFingerprint));
        command.Parameters.Add(new NpgsqlParameter<byte[]>("token_fingerprint", stepUp.TokenFingerprint));
        command.Parameters.Add(new NpgsqlParameter<byte[]>("sealed_card", stepUp.SealedCard));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("life", stepUp.Life));
        command.Parameters.Add(new NpgsqlParameter<Guid>("event_id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", PaymentEventName.StepUpAsked.ToString()));
        command.Parameters.Add(new NpgsqlParameter<Guid>("reverse_id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<string?>("open_reference", stepUp.OpenReference));
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }
}
