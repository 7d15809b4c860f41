using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using PspGateway.Domain.Merchants;
using PspGateway.Storage;
using PspGateway.Storage.Rows;

namespace PspGateway.Merchants;

/// <summary>Puts the configured merchants into the database at start, if they are absent. What is there is never changed.</summary>
internal sealed partial class MerchantSeeder(GatewayDatabase database, IDbContextFactory<GatewayDbContext> contexts, IConfiguration configuration, TimeProvider time, ILogger<MerchantSeeder> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var known = await KnownAsync(cancellationToken);
        foreach (var seed in MerchantSettings.Seeds(configuration).Where(s => !known.Contains(s.MerchantSerialNumber)))
        {
            await SeedAsync(seed, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<HashSet<string>> KnownAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select merchant_serial_number from merchants", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            known.Add(reader.GetString(0));
        }

        return known;
    }

    private async Task SeedAsync(MerchantSeed seed, CancellationToken cancellationToken)
    {
        Check(seed);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        db.Merchants.Add(new MerchantRow
        {
            MerchantSerialNumber = seed.MerchantSerialNumber,
            Name = seed.Name,
            ClientId = seed.ClientId,
            SubscriptionKeyHash = SHA256.HashData(Encoding.UTF8.GetBytes(seed.SubscriptionKey)),
            ReturnUrlOrigins = [.. seed.ReturnUrlOrigins],
            AcquirerAccount = seed.AcquirerAccount,
            AcceptsCreditCards = true,
            CreatedAt = now,
        });
        if (!await db.MerchantSecrets.AnyAsync(s => s.ClientId == seed.ClientId, cancellationToken))
        {
            var (salt, hash) = ClientSecrets.Hash(seed.ClientSecret);
            db.MerchantSecrets.Add(new MerchantSecretRow { Id = Guid.CreateVersion7(now), ClientId = seed.ClientId, Salt = salt, Hash = hash, CreatedAt = now });
        }

        try
        {
            await db.SaveChangesAsync(cancellationToken);
            LogSeeded(seed.MerchantSerialNumber);
        }
        catch (DbUpdateException exception) when (exception.InnerException is Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.UniqueViolation })
        {
            // Another replica started at the same moment with the same settings.
        }
    }

    private static void Check(MerchantSeed seed)
    {
        var problem = !MerchantSerialNumber.TryParse(seed.MerchantSerialNumber, out _) ? "MerchantSerialNumber must have 4 to 10 digits"
            : seed.ClientId.Length == 0 ? "ClientId is missing"
            : seed.ClientSecret.Length < 8 ? "ClientSecret is missing or shorter than 8 characters"
            : seed.SubscriptionKey.Length == 0 ? "SubscriptionKey is missing"
            : null;
        if (problem is not null)
        {
            throw new OptionsValidationException(MerchantSettings.Section, typeof(MerchantSeed), [$"{MerchantSettings.Section}: merchant {seed.MerchantSerialNumber}: {problem}."]);
        }
    }

    [LoggerMessage(7001, LogLevel.Information, "Merchant {Merchant} was put into the database.")]
    private partial void LogSeeded(string merchant);
}
