using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using PspGateway.Domain.Cards;
using PspGateway.IntegrationTests.World;
using PspGateway.Storage;
using PspGateway.Vault;

namespace PspGateway.IntegrationTests;

/// <summary>Invariant I8: once a day's key is destroyed, nobody opens what it sealed, whatever was copied before.</summary>
public sealed class EpochTests(TestWorld world) : IClassFixture<TestWorld>, IDisposable
{
    private static int _year = 2000;
    private static readonly TimeSpan After = TimeSpan.FromHours(1);
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"pspgateway-epochs-{Guid.NewGuid():N}");
    private readonly byte[] _masterKey = RandomNumberGenerator.GetBytes(32);
    private readonly TokenBinding _binding = new(Guid.CreateVersion7(), Settings.Merchant, Guid.CreateVersion7());

    // A year of its own for each test: they share the table of days.
    private readonly Calendar _calendar = new(new DateTimeOffset(Interlocked.Increment(ref _year), 1, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_backup_opens_at_no_replica_after_the_day_it_was_sealed_on_is_destroyed()
    {
        using var sealing = AReplica();
        using var reading = AReplica();
        var backup = await new TokenVault(sealing).SealAsync(AToken(), _binding, Stop);
        Assert.Equal(AToken().Number.Reveal(), (await new TokenVault(reading).OpenAsync(backup, _binding, Stop)).Number.Reveal());

        _calendar.Now += TimeSpan.FromDays(1) + After;
        await sealing.DestroyOldAsync(After, Stop);
        await reading.DestroyOldAsync(After, Stop);

        using var fresh = AReplica();
        foreach (var replica in new[] { sealing, reading, fresh })
        {
            await Assert.ThrowsAsync<CryptographicException>(async () => await new TokenVault(replica).OpenAsync(backup, _binding, Stop));
        }

        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_day_is_destroyed_neither_before_its_time_nor_while_it_seals_a_token_that_is_needed()
    {
        using var replica = AReplica();
        var kept = await new TokenVault(replica).SealAsync(AToken(), _binding, Stop);
        await world.ExecuteAsync($"insert into sealed_tokens (operation_id, payment_id, epoch_id, sealed, created_at) values ('{_binding.OperationId}', '{_binding.PaymentId}', '{kept.EpochId}', '\\x00', clock_timestamp())");

        _calendar.Now += TimeSpan.FromDays(1) + After;
        await replica.DestroyOldAsync(After, Stop);
        Assert.Equal(AToken().Number.Reveal(), (await new TokenVault(replica).OpenAsync(kept, _binding, Stop)).Number.Reveal());

        await world.ExecuteAsync($"delete from sealed_tokens where operation_id = '{_binding.OperationId}'");
        _calendar.Now -= TimeSpan.FromHours(13);
        Assert.Equal(0, await replica.DestroyOldAsync(After, Stop));

        _calendar.Now += TimeSpan.FromHours(13);
        Assert.Equal(1, await replica.DestroyOldAsync(After, Stop));
    }

    private EpochKeys AReplica() => new(world.Service<GatewayDatabase>(), new KeyFolder(_folder), new LocalKeyWrapper([.. _masterKey]), _calendar, NullLogger<EpochKeys>.Instance);

    private static CardToken AToken() =>
        NetworkToken.TryCreate("4895370013193500", out var number) && Cryptogram.TryCreate("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", out var cryptogram) && TokenExpiry.TryCreate("05", "2030", out var expiry) && Eci.TryCreate("07", out var eci)
            ? new CardToken(number!, cryptogram!, expiry, CardScheme.Visa, eci)
            : throw new InvalidOperationException("No token.");

    private sealed class Calendar(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
