using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace PspGateway.Storage;

/// <summary>Brings the schema up to date, under an advisory lock so that replicas that start together do it once.</summary>
internal static class Schema
{
    private const long LockKey = 0x505350_47;

    /// <summary>Nearly always there is nothing to do: that is found out by one select, before EF Core is woken up.</summary>
    public static async Task MigrateAsync(GatewayDatabase database, CancellationToken cancellationToken)
    {
        if (await IsCurrentAsync(database, cancellationToken))
        {
            return;
        }

        await using var connection = await database.General.OpenConnectionAsync(cancellationToken);
        await RunAsync(connection, $"select pg_advisory_lock({LockKey})", cancellationToken);
        try
        {
            await using var db = new GatewayDbContext(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql(database.General).Options);
            await db.Database.MigrateAsync(cancellationToken);
        }
        finally
        {
            await RunAsync(connection, $"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    /// <summary>True when every migration of this program has been applied. A newer program's may be there too.</summary>
    public static async Task<bool> IsCurrentAsync(GatewayDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select coalesce((select count(*) from \"__EFMigrationsHistory\" where \"MigrationId\" = any(@ids)), 0)", connection);
        var ids = typeof(Schema).Assembly.GetTypes().Select(t => t.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>().ToArray();
        command.Parameters.Add(new NpgsqlParameter<string[]>("ids", ids));
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) is long count && count == ids.Length;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
