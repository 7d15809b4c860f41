using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace PspGateway.Storage;

/// <summary>Brings the schema up to date, under an advisory lock so that replicas that start together do it once.</summary>
internal static class Schema
{
    private const long LockKey = 0x505350_47;

    public static async Task MigrateAsync(GatewayDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenConnectionAsync(cancellationToken);
        await RunAsync(connection, $"select pg_advisory_lock({LockKey})", cancellationToken);
        try
        {
            await using var db = new GatewayDbContext(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql(database.General).Options);
            if ((await db.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
            {
                await db.Database.MigrateAsync(cancellationToken);
            }
        }
        finally
        {
            await RunAsync(connection, $"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
