using Npgsql;

namespace PspGateway.Storage.Queue;

/// <summary>What one line of the backlog counts.</summary>
internal enum BacklogKind
{
    /// <summary>Operations that somebody works on or that wait for their turn; by kind and status.</summary>
    OpenOperations,

    /// <summary>Operations that only a person can bring on; by kind.</summary>
    ParkedOperations,

    /// <summary>Money that may be held without an OK: open reversals, and authorisations whose process is gone; by currency.</summary>
    Exposure,

    /// <summary>Reports that Vipps has not been told: waiting for a batch, in one, or in a doubtful one.</summary>
    WaitingReports,

    /// <summary>Notifications that are stored and not applied.</summary>
    WaitingNotifications,
}

/// <param name="First">A kind, a currency, or where a report waits.</param>
/// <param name="Second">A status, or empty.</param>
/// <param name="OldestSeconds">The age of the oldest, by the database's clock.</param>
internal sealed record BacklogLine(BacklogKind Kind, string First, string Second, long Count, double OldestSeconds, long AmountMinor);

/// <summary>
/// All that is open, in one statement. It touches nothing but what partial indexes of open rows lead to, so that ten million finished rows
/// cost it nothing; the server itself breaks it off when even that takes too long.
/// </summary>
internal static class BacklogRead
{
    public static readonly TimeSpan AtMost = TimeSpan.FromSeconds(2);

    // Sequential scans are forbidden for this transaction: on statistics that are not there yet the planner would take one.
    private const string Limits = "set local statement_timeout = 2000; set local lock_timeout = 1000; set local enable_seqscan = off; set transaction read only";

    internal const string Sql = """
        with open as (
            select kind, status, created_at, currency, amount_minor, kind = 'Authorise' and lease_until <= clock_timestamp() as left_behind
            from operations where due_at is not null
        ),
        report as (
            select 'unbatched' as stage, created_at from status_updates where due_at is not null
            union all
            select case when b.doubtful then 'doubtful' else 'batched' end, u.created_at
            from status_batches b join status_updates u on u.batch_id = b.id
            where b.due_at is not null and u.sent_at is null and u.parked_at is null
        ),
        exposed as (
            select currency, created_at, amount_minor from operations where open_reversal is not null
            union all
            select currency, created_at, amount_minor from open where left_behind
        )
        select 'OpenOperations', kind, status, count(*), extract(epoch from clock_timestamp() - min(created_at))::float8, 0::bigint from open group by kind, status
        union all
        select 'ParkedOperations', kind, '', count(*), extract(epoch from clock_timestamp() - min(parked_at))::float8, 0 from operations where parked_at is not null group by kind
        union all
        select 'Exposure', currency, '', count(*), extract(epoch from clock_timestamp() - min(created_at))::float8, sum(amount_minor)::bigint from exposed group by currency
        union all
        select 'WaitingReports', stage, '', count(*), extract(epoch from clock_timestamp() - min(created_at))::float8, 0 from report group by stage
        union all
        select 'WaitingNotifications', '', '', count(*), extract(epoch from clock_timestamp() - min(received_at))::float8, 0 from acquirer_notifications where due_at is not null having count(*) > 0
        """;

    public static async Task<IReadOnlyList<BacklogLine>> RunAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var limits = new NpgsqlCommand(Limits, connection, transaction))
        {
            await limits.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = new NpgsqlCommand(Sql, connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var lines = new List<BacklogLine>();
        while (await reader.ReadAsync(cancellationToken))
        {
            lines.Add(new BacklogLine(Enum.Parse<BacklogKind>(reader.GetString(0)), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetDouble(4), reader.GetInt64(5)));
        }

        return lines;
    }
}
