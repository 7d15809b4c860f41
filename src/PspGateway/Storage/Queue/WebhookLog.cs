using Npgsql;

namespace PspGateway.Storage.Queue;

/// <param name="State">waiting, parked, or the status of the last answer.</param>
internal sealed record LoggedDelivery(Guid Id, DateTimeOffset CreatedAt, string MerchantSerialNumber, Guid PaymentId, string Event, int Tries, string State, string Url);

/// <summary>The webhooks that were not taken, for a person.</summary>
internal static class WebhookLog
{
    private const string OpenSql = """
        select d.id, d.created_at, s.merchant_serial_number, d.payment_id, e.name, d.tries,
               case when d.parked_at is not null then 'parked' when d.tries = 0 then 'waiting' else 'failing' end || coalesce(', HTTP ' || d.last_status, ''), s.url
        from webhook_deliveries d
        join webhook_subscriptions s on s.id = d.subscription_id and s.deleted_at is null and (@merchant is null or s.merchant_serial_number = @merchant)
        join payment_events e on e.payment_id = d.payment_id and e.id = d.event_id
        where d.delivered_at is null
        order by d.created_at, d.id limit @most
        """;

    private const string RedeliverSql = """
        update webhook_deliveries d
        set due_at = clock_timestamp(), delivered_at = null, parked_at = null, lease_until = null, tries = 0, created_at = clock_timestamp(), generation = d.generation + 1
        from webhook_subscriptions s where d.id = @id and s.id = d.subscription_id and s.deleted_at is null
        """;

    public static async Task<IReadOnlyList<LoggedDelivery>> OpenAsync(NpgsqlDataSource database, string? merchant, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(OpenSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string?>("merchant", merchant));
        command.Parameters.Add(new NpgsqlParameter<int>("most", most));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var log = new List<LoggedDelivery>();
        while (await reader.ReadAsync(cancellationToken))
        {
            log.Add(new LoggedDelivery(
                reader.GetGuid(0),
                await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken),
                reader.GetString(2),
                reader.GetGuid(3),
                reader.GetString(4),
                reader.GetInt32(5),
                reader.GetString(6),
                reader.GetString(7)));
        }

        return log;
    }

    /// <summary>It goes to the end of its payment's line, with all its tries before it.</summary>
    public static async Task<bool> RedeliverAsync(NpgsqlDataSource database, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(RedeliverSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", id));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}
