using System.Globalization;
using Npgsql;
using PspGateway.Bench.Load;

namespace PspGateway.Bench.Backlogs;

/// <summary>Fills the real tables with what days without Vipps, or years of trade, leave behind.</summary>
internal static class BacklogFill
{
    private const int AtOnce = 100_000;

    // One payment each: a reservation that is told, and a capture; i numbers it over all.
    private const string Payments = """
        insert into payments (id, merchant_serial_number, reference, amount_minor, currency, user_flow, state, return_reference, acquirer_account, callback_key_id,
                              callback_expires_at, callback_token_hash, authorised_minor, captured_minor, cancelled_minor, refunded_minor, created_at, expires_at)
        select {0}, '{1}', 'backlog-' || i, 49900, 'NOK', 'WebRedirect', 'Authorised', 'backlog-' || i, 'Bench', 'b1', now(), ''::bytea, 49900, 49900, 0, 0, now(), now()
        from generate_series({2}, {3}) i
        """;

    private const string Operations = """
        insert into operations (id, payment_id, kind, number, amount_minor, currency, status, reference, idempotency_key, acquirer_reference, tries, ladder_base, generation, due_at, created_at, finished_at)
        select {1}, {0}, 'Capture', 1, 49900, 'NOK', {4}, replace({0}::text, '-', '') || '-c1', replace({1}::text, '-', ''), 'OLD' || i, 1, 0, 1, {5}, now(), {6}
        from generate_series({2}, {3}) i
        """;

    private const string Reports = """
        insert into status_updates (id, operation_id, payment_id, merchant_serial_number, status, success, amount_minor, tries, due_at, created_at, sent_at)
        select gen_random_uuid(), {1}, {0}, '{4}', 'Captured', true, 49900, 0, {5}, clock_timestamp(), {6} from generate_series({2}, {3}) i
        """;

    private const string PaymentId = "('01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid";
    private const string OperationId = "('01900000-0000-7000-9000-' || lpad(to_hex(i), 12, '0'))::uuid";

    /// <summary>Payments that are captured, each with a report that waits for Vipps.</summary>
    public static Task WaitingAsync(NpgsqlDataSource database, int from, int count) => FillAsync(database, from, count, "'Succeeded'", "null", "now()", "clock_timestamp()", "null");

    /// <summary>The same, told long ago.</summary>
    public static Task FinishedAsync(NpgsqlDataSource database, int from, int count) => FillAsync(database, from, count, "'Succeeded'", "null", "now()", "null", "now()");

    /// <summary>Payments whose capture is to go out, told of nothing yet.</summary>
    public static Task DueAsync(NpgsqlDataSource database, int from, int count) => FillAsync(database, from, count, "'Pending'", "now()", "null", null, null);

    public static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 1800;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task FillAsync(NpgsqlDataSource database, int first, int count, string status, string operationDue, string finished, string? reportDue, string? sent)
    {
        for (var from = first; from < first + count; from += AtOnce)
        {
            var to = Math.Min(from + AtOnce, first + count) - 1;
            await ExecuteAsync(database, Format(Payments, PaymentId, Shop.Merchant, from, to));
            await ExecuteAsync(database, Format(Operations, PaymentId, OperationId, from, to, status, operationDue, finished));
            if (reportDue is not null)
            {
                await ExecuteAsync(database, Format(Reports, PaymentId, OperationId, from, to, Shop.Merchant, reportDue, sent!));
            }
        }

        foreach (var table in new[] { "payments", "operations", "status_updates" })
        {
            await ExecuteAsync(database, $"vacuum analyze {table}");
        }

        await ExecuteAsync(database, "checkpoint");
    }

    private static string Format(string sql, params object[] values) => string.Format(CultureInfo.InvariantCulture, sql, values);
}
