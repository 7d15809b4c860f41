using Npgsql;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Queue;

/// <summary>Ends payments that nobody approved in time (ENGINE 21), a bounded batch at a time. One under way is in another state and is left alone.</summary>
internal static class ExpiryWrite
{
    private const string Sql = """
        with due as (
            select id from payments
            where awaits_approval and expires_at <= (select clock_timestamp())
            order by expires_at
            limit @limit
            for update skip locked
        ),
        moved as (
            update payments p set state = @target from due d where p.id = d.id returning p.id, p.amount_minor
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select gen_random_uuid(), m.id, @event, m.amount_minor, true, @reason, clock_timestamp() from moved m
        )
        select id from moved
        """;

    public static async Task<IReadOnlyList<Guid>> RunAsync(NpgsqlDataSource database, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<int>("limit", limit));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.Expire).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", PaymentEventName.Expired.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reason", "NobodyActed"));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var expired = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            expired.Add(reader.GetGuid(0));
        }

        return expired;
    }
}
