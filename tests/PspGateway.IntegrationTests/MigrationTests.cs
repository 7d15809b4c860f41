using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using PspGateway.IntegrationTests.World;
using PspGateway.Storage;

namespace PspGateway.IntegrationTests;

public sealed class MigrationTests(TestPostgres postgres)
{
    [Fact]
    public void The_model_and_the_migrations_agree()
    {
        using var db = new GatewayDbContext(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql("Host=nowhere").Options);

        Assert.False(db.Database.HasPendingModelChanges(), "The model has changed: add a migration (CONTRIBUTING.md).");
    }

    [Fact]
    public async Task Replicas_that_start_together_migrate_once()
    {
        var connectionString = await postgres.CreateDatabaseAsync(migrated: false);
        await using var first = new GatewayDatabase(connectionString);
        await using var second = new GatewayDatabase(connectionString);

        await Task.WhenAll(Schema.MigrateAsync(first, CancellationToken.None), Schema.MigrateAsync(second, CancellationToken.None));

        await using var db = new GatewayDbContext(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql(connectionString).Options);
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
    }

    [Fact]
    public async Task The_migrate_command_applies_the_schema_and_exits()
    {
        var connectionString = await postgres.CreateDatabaseAsync(migrated: false);
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = "/", UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "PspGateway.dll"));
        start.ArgumentList.Add("migrate");
        start.Environment["ConnectionStrings__Postgres"] = connectionString;

        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();

        Assert.Equal(0, process.ExitCode);
        await using var db = new GatewayDbContext(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql(connectionString).Options);
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
    }

    [Fact]
    public async Task History_cannot_be_changed_even_by_hand()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        await using var connection = new Npgsql.NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var insert = new Npgsql.NpgsqlCommand(
            """
            insert into merchants (merchant_serial_number, name, client_id, subscription_key_hash, return_url_origins, accepts_credit_cards, created_at) values ('1234', 'm', 'c', '', '{}', true, now());
            insert into payments (id, merchant_serial_number, reference, amount_minor, currency, user_flow, state, return_reference, acquirer_account, callback_key_id, callback_expires_at, callback_token_hash,
                                  authorised_minor, captured_minor, cancelled_minor, refunded_minor, created_at, expires_at)
            values (gen_random_uuid(), '1234', 'r', 100, 'NOK', 'WebRedirect', 'Created', 'x', 'a', 'k', now(), '', 0, 0, 0, 0, now(), now());
            insert into payment_events (id, payment_id, name, amount_minor, success, at) select gen_random_uuid(), id, 'Created', 100, true, now() from payments;
            """,
            connection);
        await insert.ExecuteNonQueryAsync();

        await using var change = new Npgsql.NpgsqlCommand("update payment_events set amount_minor = 1", connection);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => change.ExecuteNonQueryAsync());
        await using var delete = new Npgsql.NpgsqlCommand("delete from payment_events", connection);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => delete.ExecuteNonQueryAsync());
    }
}
