using Npgsql;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage.StepUps;

/// <summary>
/// Accepts the token of the call that follows a step-up: only while that has succeeded and its time is not over. In the same commit the step-up
/// is used and holds nothing sealed any more. What it writes of the authorise is what <see cref="AcceptWrite"/> writes.
/// </summary>
internal static class SecondAcceptWrite
{
    private const string Sql = $"""
        with epoch as (
            select e.id from vault_epochs e where e.id = @epoch_id and e.destroyed_at is null for key share
        ),
        taken as (
            select p.id, s.id as step_up_id, clock_timestamp() + @lease as leased_until, clock_timestamp() + @remaining as answer_due
            from step_ups s join payments p on p.id = s.payment_id
            where s.id = @step_up_id and s.state = 'Succeeded' and s.expires_at > clock_timestamp() and p.id = @payment_id and p.state = 'StepUp'
            for update of p, s
        ),
        moved as (
            update payments p set state = @target, authorise_operation_id = @operation_id, card_bin = coalesce(@card_bin, p.card_bin)
            from taken t, epoch e where p.id = t.id
            returning p.id, p.amount_minor, p.currency, t.step_up_id, t.leased_until, t.answer_due, e.id as epoch_id
        ),
        used as (
            update step_ups s set state = 'Used', {StepUpEnd.Erased} from moved m where s.id = m.step_up_id
        ),
        operation as (
            insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key,
                                    tries, ladder_base, due_at, lease_until, generation, answer_due, sent_at, created_at)
            select @operation_id, m.id, 'Authorise', @number, m.amount_minor, m.currency, 'InFlight',
                   replace(m.id::text, '-', '') || '-' || @number, replace(@operation_id::text, '-', ''),
                   1, 0, m.leased_until, m.leased_until, 1, m.answer_due, clock_timestamp(), clock_timestamp()
            from moved m
        ),
        token as (
            insert into sealed_tokens (operation_id, payment_id, epoch_id, sealed, created_at)
            select @operation_id, m.id, m.epoch_id, @sealed, clock_timestamp() from moved m
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, at)
            select @event_id, m.id, @event, m.amount_minor, true, clock_timestamp() from moved m
        )
        select count(*) from moved
        """;

    /// <summary>False: the step-up has not succeeded, is used, or is over; or the token's epoch is gone.</summary>
    /// <exception cref="NpgsqlException">Nothing was written, or it is not known: see <see cref="LostConfirmation"/>.</exception>
    public static async Task<bool> RunAsync(NpgsqlDataSource database, AcceptedToken token, Guid stepUpId, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("epoch_id", token.EpochId));
        command.Parameters.Add(new NpgsqlParameter<Guid>("step_up_id", stepUpId));
        command.Parameters.Add(new NpgsqlParameter<Guid>("payment_id", token.PaymentId));
        command.Parameters.Add(new NpgsqlParameter<Guid>("operation_id", token.OperationId));
        command.Parameters.Add(new NpgsqlParameter<int>("number", token.Number));
        command.Parameters.Add(new NpgsqlParameter<byte[]>("sealed", token.Sealed));
        command.Parameters.Add(new NpgsqlParameter<string?>("card_bin", token.CardBin));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("lease", token.Lease));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("remaining", token.Remaining()));
        command.Parameters.Add(new NpgsqlParameter<Guid>("event_id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", PaymentEventName.TokenAccepted.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.Accept).ToString()));
        Failpoint.Here("second-accept.before-commit", token.PaymentId);
        var taken = await command.ExecuteScalarAsync(cancellationToken) is > 0L;
        Failpoint.Here(taken ? "second-accept.after-commit" : "", token.PaymentId);
        return taken;
    }
}
