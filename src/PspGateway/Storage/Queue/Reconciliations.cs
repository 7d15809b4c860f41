using Npgsql;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Queue;

/// <param name="Tries">This one included; another number means that a report came meanwhile.</param>
internal sealed record DueReconciliation(Guid PaymentId, string MerchantSerialNumber, int Tries);

/// <summary>What our books say of one kind of report of a payment.</summary>
/// <param name="Open">Some of it has not been told yet.</param>
internal sealed record ReportedByUs(ReportedEffect Status, bool Success, long Count, long SumMinor, bool Open);

/// <summary>Payments whose books are to be held against the wallet's.</summary>
internal static class Reconciliations
{
    private const string ClaimSql = """
        update reconciliations r
        set due_at = clock_timestamp() + least(interval '1 minute' * power(2, least(r.tries, 8)), interval '4 hours'), tries = r.tries + 1
        where r.payment_id in (
            select payment_id from reconciliations where due_at <= (select clock_timestamp()) order by due_at, payment_id limit @limit for update skip locked)
        returning r.payment_id, r.merchant_serial_number, r.tries
        """;

    private const string OursSql = """
        select u.status, u.success, count(*), sum(u.amount_minor)::bigint, bool_or(u.sent_at is null and u.parked_at is null)
        from operations o join status_updates u on u.operation_id = o.id
        where o.payment_id = @id
        group by u.status, u.success
        order by u.status, u.success
        """;

    private const string DoneSql = "update reconciliations set due_at = null, checked_at = clock_timestamp() where payment_id = @id and tries = @tries";

    public static async Task<IReadOnlyList<DueReconciliation>> ClaimAsync(NpgsqlDataSource database, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ClaimSql, connection);
        command.Parameters.Add(new NpgsqlParameter<int>("limit", limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<DueReconciliation>();
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new DueReconciliation(reader.GetGuid(0), reader.GetString(1), reader.GetInt32(2)));
        }

        return due;
    }

    public static async Task<IReadOnlyList<ReportedByUs>> OursAsync(NpgsqlDataSource database, Guid paymentId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(OursSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", paymentId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ours = new List<ReportedByUs>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ours.Add(new ReportedByUs(Enum.Parse<ReportedEffect>(reader.GetString(0)), reader.GetBoolean(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetBoolean(4)));
        }

        return ours;
    }

    public static async Task DoneAsync(NpgsqlDataSource database, DueReconciliation due, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(DoneSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", due.PaymentId));
        command.Parameters.Add(new NpgsqlParameter<int>("tries", due.Tries));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
