using Npgsql;
using PspGateway.Storage;

namespace PspGateway.Merchants;

/// <summary>Removes Idempotency-Keys that are older than 30 days, a bounded batch at a time: the same key after that is a new request.</summary>
internal sealed partial class IdempotencyPurge(GatewayDatabase database, TimeProvider time, ILogger<IdempotencyPurge> logger) : BackgroundService
{
    private const int BatchSize = 1000;
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    // Oldest first by the index on created_at; a replica leaves alone what another is removing.
    private const string Sql = """
        delete from idempotency_keys k
        using (
            select merchant_serial_number, scope, key from idempotency_keys
            where created_at < (select clock_timestamp() - @keep)
            order by created_at
            limit @limit
            for update skip locked
        ) old
        where k.merchant_serial_number = old.merchant_serial_number and k.scope = old.scope and k.key = old.key
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await DrainAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogPassFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        int removed;
        var all = 0L;
        do
        {
            await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
            await using var command = new NpgsqlCommand(Sql, connection);
            command.Parameters.Add(new NpgsqlParameter<TimeSpan>("keep", Keep));
            command.Parameters.Add(new NpgsqlParameter<int>("limit", BatchSize));
            removed = await command.ExecuteNonQueryAsync(cancellationToken);
            all += removed;
        }
        while (removed == BatchSize);
        if (all > 0)
        {
            LogRemoved(all);
        }
    }

    [LoggerMessage(7401, LogLevel.Information, "Removed {Count} idempotency keys that were older than 30 days.")]
    private partial void LogRemoved(long count);

    [LoggerMessage(7402, LogLevel.Error, "A pass over the old idempotency keys failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);
}
