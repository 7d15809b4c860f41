using Npgsql;
using PspGateway.IntegrationTests.World;
using PspGateway.Storage;

[assembly: AssemblyFixture(typeof(TestPostgres))]

namespace PspGateway.IntegrationTests.World;

/// <summary>The server that ./test has started. The schema is migrated once, into a template that each world's database is a copy of.</summary>
public sealed class TestPostgres : IAsyncLifetime
{
    private const string Template = "pspgateway_template";
    private readonly SemaphoreSlim _gate = new(1, 1);

    private static string Server => Environment.GetEnvironmentVariable("ConnectionStrings__Postgres") is { Length: > 0 } configured
        ? configured
        : throw new InvalidOperationException("These tests need a Postgres: run ./test, or set ConnectionStrings__Postgres to a server where databases may be made.");

    public async ValueTask InitializeAsync()
    {
        await ExecuteAsync($"drop database if exists {Template}");
        await ExecuteAsync($"create database {Template}");
        await using var database = new GatewayDatabase(To(Template));
        await Schema.MigrateAsync(database, CancellationToken.None);
        NpgsqlConnection.ClearAllPools();
    }

    public ValueTask DisposeAsync()
    {
        _gate.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A database of its own, with the schema or empty.</summary>
    public async Task<string> CreateDatabaseAsync(bool migrated = true)
    {
        var name = $"test_{Guid.NewGuid():N}";
        await _gate.WaitAsync();
        try
        {
            await ExecuteAsync(migrated ? $"create database {name} template {Template}" : $"create database {name}");
        }
        finally
        {
            _gate.Release();
        }

        return To(name);
    }

    private static string To(string database) => new NpgsqlConnectionStringBuilder(Server) { Database = database, MaxPoolSize = 60 }.ConnectionString;

    private static async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Server) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
