using Npgsql;
using PspGateway.Domain;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Queue;

/// <summary>One accepted token, on its way into the database.</summary>
internal sealed class AcceptedToken
{
    public required Guid PaymentId { get; init; }

    public required Guid OperationId { get; init; }

    /// <summary>1 for a payment's first authorise, 2 after a step-up.</summary>
    public required int Number { get; init; }

    public required Guid EpochId { get; init; }

    public required byte[] Sealed { get; init; }

    public string? CardBin { get; init; }

    /// <summary>How long the operation is this process' alone.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>Reads how long the answer stays open, when the statement is handed to the connection.</summary>
    public required Func<TimeSpan> Remaining { get; init; }
}

/// <summary>
/// The first of the two hot writes (ENGINE 1): seals the token, moves the payment and inserts the authorise, in flight and leased to
/// this process, in one statement and one commit. Takes many payments at once; each has its own result. A shared statement passes by rows
/// that somebody holds; alone it waits for them as long as the connection lets it.
/// </summary>
internal static class AcceptWrite
{
    private static string Sql(string lockedRows) => $"""
        with call as (
            select * from unnest(@payment_ids, @operation_ids, @numbers, @epoch_ids, @sealed, @bins, @event_ids, @leases, @remaining)
                as c (payment_id, operation_id, number, epoch_id, sealed, card_bin, event_id, lease, remaining)
        ),
        epoch as (
            select e.id from vault_epochs e where e.id = any(@epoch_ids) and e.destroyed_at is null for key share
        ),
        taken as (
            select p.id from payments p where p.id = any(@payment_ids) and p.state = any(@sources) order by p.id for update {lockedRows}
        ),
        moved as (
            update payments p
            set state = @target, authorise_operation_id = c.operation_id, card_bin = coalesce(c.card_bin, p.card_bin)
            from taken t join call c on c.payment_id = t.id join epoch e on e.id = c.epoch_id
            where p.id = t.id
            returning p.id, p.amount_minor, p.currency, c.operation_id, c.number, c.epoch_id, c.sealed, c.event_id, clock_timestamp() + c.lease as leased_until, clock_timestamp() + c.remaining as answer_due
        ),
        operation as (
            insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key,
                                    tries, ladder_base, due_at, lease_until, generation, answer_due, sent_at, created_at)
            select m.operation_id, m.id, 'Authorise', m.number, m.amount_minor, m.currency, 'InFlight',
                   replace(m.id::text, '-', '') || '-' || m.number, replace(m.operation_id::text, '-', ''),
                   1, 0, m.leased_until, m.leased_until, 1, m.answer_due, clock_timestamp(), clock_timestamp()
            from moved m
        ),
        token as (
            insert into sealed_tokens (operation_id, payment_id, epoch_id, sealed, created_at)
            select m.operation_id, m.id, m.epoch_id, m.sealed, clock_timestamp() from moved m
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, at)
            select m.event_id, m.id, @event, m.amount_minor, true, clock_timestamp() from moved m
        )
        select id from moved
        """;

    private static readonly string Alone = Sql("");
    private static readonly string Shared = Sql("skip locked");

    // After a step-up another statement accepts (StepUps/SecondAcceptWrite.cs), which asks whether it succeeded.
    private static readonly string[] Sources = [.. PaymentMoves.Sources(PaymentMove.Accept).Where(s => s != PaymentState.StepUp).Select(s => s.ToString())];

    /// <summary>Those that were taken, by payment. One that is missing was not waiting for a token any more, or its epoch is gone, or (not alone) somebody holds it.</summary>
    /// <exception cref="NpgsqlException">Nothing was written, or it is not known: see <see cref="LostConfirmation"/>.</exception>
    public static async Task<IReadOnlyDictionary<Guid, AcceptedToken>> RunAsync(
        NpgsqlDataSource database, IReadOnlyList<AcceptedToken> tokens, Run run, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        await using var command = new NpgsqlCommand(run == Run.Alone ? Alone : Shared, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("payment_ids", [.. tokens.Select(t => t.PaymentId)]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("operation_ids", [.. tokens.Select(t => t.OperationId)]));
        command.Parameters.Add(new NpgsqlParameter<int[]>("numbers", [.. tokens.Select(t => t.Number)]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("epoch_ids", [.. tokens.Select(t => t.EpochId)]));
        command.Parameters.Add(new NpgsqlParameter<byte[][]>("sealed", [.. tokens.Select(t => t.Sealed)]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("bins", [.. tokens.Select(t => t.CardBin)]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("event_ids", [.. tokens.Select(_ => Guid.CreateVersion7())]));
        command.Parameters.Add(new NpgsqlParameter<string[]>("sources", Sources));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.Accept).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", PaymentEventName.TokenAccepted.ToString()));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan[]>("leases", [.. tokens.Select(t => t.Lease)]));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan[]>("remaining", [.. tokens.Select(t => t.Remaining())]));

        Failpoint.Here("accept.before-commit", tokens.Select(t => t.PaymentId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var taken = new Dictionary<Guid, AcceptedToken>(tokens.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            var paymentId = reader.GetGuid(0);
            taken[paymentId] = tokens.First(t => t.PaymentId == paymentId);
        }

        Failpoint.Here("accept.after-commit", taken.Keys);
        return taken;
    }
}
