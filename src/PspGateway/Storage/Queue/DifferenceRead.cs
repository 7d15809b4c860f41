using Npgsql;

namespace PspGateway.Storage.Queue;

internal sealed record OpenDifference(Guid Id, Guid PaymentId, string MerchantSerialNumber, string Cause, long OursMinor, long TheirsMinor, DateTimeOffset FoundAt);

/// <summary>Differences that nobody has resolved, oldest first.</summary>
internal static class DifferenceRead
{
    private const string Sql = """
        select d.id, d.payment_id, p.merchant_serial_number, d.cause, d.ours_minor, d.theirs_minor, d.found_at
        from differences d join payments p on p.id = d.payment_id
        where d.resolved_at is null
        order by d.found_at, d.id
        limit @limit
        """;

    public static async Task<IReadOnlyList<OpenDifference>> OpenAsync(NpgsqlDataSource database, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<int>("limit", limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var open = new List<OpenDifference>();
        while (await reader.ReadAsync(cancellationToken))
        {
            open.Add(new OpenDifference(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetInt64(5), await reader.GetFieldValueAsync<DateTimeOffset>(6, cancellationToken)));
        }

        return open;
    }
}
