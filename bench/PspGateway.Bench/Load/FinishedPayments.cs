using System.Globalization;
using Npgsql;

namespace PspGateway.Bench.Load;

/// <summary>Fills a database with payments that are long over, as years of trade leave them: copies of one that has just walked the whole way.</summary>
internal static class FinishedPayments
{
    private const int AtOnce = 100_000;

    // A copy's own values; every other column is as the model's. Keys older than any that is made from now on.
    private const string PaymentId = "('01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid";
    private const string OperationId = "('01900000-0000-7000-9000-' || lpad(to_hex(i), 12, '0'))::uuid";

    private static readonly (string Table, string ModelId, Dictionary<string, string> Own)[] Gateway =
    [
        ("payments", "id", new(StringComparer.Ordinal) { ["id"] = PaymentId, ["reference"] = "'old-' || i", ["return_reference"] = "'old-' || i", ["idempotency_key"] = "'old-' || i", ["authorise_operation_id"] = OperationId }),
        ("operations", "payment_id", new(StringComparer.Ordinal)
        {
            ["id"] = OperationId, ["payment_id"] = PaymentId, ["reference"] = $"replace({PaymentId}::text, '-', '') || '-1'", ["idempotency_key"] = $"replace({OperationId}::text, '-', '')", ["acquirer_reference"] = "'OLD' || i",
        }),
        ("payment_events", "payment_id", new(StringComparer.Ordinal) { ["id"] = "gen_random_uuid()", ["payment_id"] = PaymentId }),
        ("status_updates", "payment_id", new(StringComparer.Ordinal) { ["id"] = "gen_random_uuid()", ["payment_id"] = PaymentId, ["operation_id"] = OperationId }),
        ("idempotency_keys", "payment_id", new(StringComparer.Ordinal) { ["key"] = "'old-' || i", ["payment_id"] = PaymentId }),
    ];

    private static readonly (string Table, string ModelId, Dictionary<string, string> Own)[] Floor =
    [
        ("payments", "id", new(StringComparer.Ordinal) { ["id"] = PaymentId, ["reference"] = "'old-' || i" }),
        ("reports", "payment_id", new(StringComparer.Ordinal) { ["payment_id"] = PaymentId }),
    ];

    public static async Task FillAsync(Target target, int count)
    {
        if (count == 0)
        {
            return;
        }

        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(target.ConnectionString) { CommandTimeout = 1800 }.ConnectionString);
        await using var connection = await database.OpenConnectionAsync();
        var model = (Guid)(await ScalarAsync(connection, "select id from payments where state = 'Authorised' limit 1"))!;
        foreach (var (table, modelId, own) in target.Name == "gateway" ? Gateway : Floor)
        {
            var columns = ((string[])(await ScalarAsync(
                connection, $"select array_agg(column_name::text) from information_schema.columns where table_schema = 'public' and table_name = '{table}' and is_generated = 'NEVER'"))!).ToList();
            var values = columns.Select(c => own.GetValueOrDefault(c) ?? $"m.{c}");
            for (var from = 0; from < count; from += AtOnce)
            {
                await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"""
                    insert into {table} ({string.Join(", ", columns)})
                    select {string.Join(", ", values)} from {table} m, generate_series({from + 1}, {Math.Min(from + AtOnce, count)}) i where m.{modelId} = '{model}'
                    """));
            }

            await ExecuteAsync(connection, $"vacuum analyze {table}");
        }

        await ExecuteAsync(connection, "checkpoint");
        var size = await ScalarAsync(connection, "select pg_database_size(current_database()) / 1024 / 1024");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The {target.Name}'s database holds {count} finished payments, {size} MB."));
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
