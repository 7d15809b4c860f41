using Npgsql;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Queue;

/// <summary>
/// Marks OKs as delivered (ENGINE 9). The same statement makes the approval public: the merchant's AUTHORIZED, and the report to Vipps.
/// Shared by many payments, outside the two commits that an answer waits for; one that somebody holds keeps nobody waiting and comes again.
/// </summary>
internal static class DeliveredWrite
{
    private const string Sql = """
        with locked as (
            select p.id as payment_id, p.amount_minor, p.merchant_serial_number, o.id as operation_id, m.event_id, m.update_id
            from unnest(@operation_ids, @generations, @event_ids, @update_ids) as m (operation_id, generation, event_id, update_id)
            join operations o on o.id = m.operation_id and o.generation = m.generation and o.answer = 'Ok' and o.delivered_at is null
            join payments p on p.id = o.payment_id and p.state = @source
            order by p.id
            for update of p, o skip locked
        ),
        operation as (
            update operations o set delivered_at = clock_timestamp(), due_at = null, lease_until = null
            from locked l where o.id = l.operation_id
        ),
        payment as (
            update payments p set state = @target, authorised_minor = l.amount_minor from locked l where p.id = l.payment_id
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, at)
            select l.event_id, l.payment_id, @event, l.amount_minor, true, clock_timestamp() from locked l
        ),
        report as (
            insert into status_updates (id, operation_id, payment_id, merchant_serial_number, status, success, amount_minor, tries, due_at, created_at)
            select l.update_id, l.operation_id, l.payment_id, l.merchant_serial_number, @report, true, l.amount_minor, 0, clock_timestamp(), clock_timestamp()
            from locked l where @report_reservations
        )
        select operation_id from locked
        """;

    /// <summary>The operations that were marked now. One that is missing was marked before, or taken back, or is held by somebody.</summary>
    public static async Task<IReadOnlySet<Guid>> RunAsync(
        NpgsqlDataSource database, IReadOnlyList<(Guid OperationId, long Generation)> delivered, bool reportReservations, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("operation_ids", [.. delivered.Select(d => d.OperationId)]));
        command.Parameters.Add(new NpgsqlParameter<long[]>("generations", [.. delivered.Select(d => d.Generation)]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("event_ids", [.. delivered.Select(_ => Guid.CreateVersion7())]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("update_ids", [.. delivered.Select(_ => Guid.CreateVersion7())]));
        command.Parameters.Add(new NpgsqlParameter<string>("source", PaymentMoves.Sources(PaymentMove.Deliver).Single().ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.Deliver).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", PaymentEventName.Authorised.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("report", ReportedEffect.Authorised.ToString()));
        command.Parameters.Add(new NpgsqlParameter<bool>("report_reservations", reportReservations));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var marked = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            marked.Add(reader.GetGuid(0));
        }

        return marked;
    }
}
