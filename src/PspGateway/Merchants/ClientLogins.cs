using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using PspGateway.Storage;
using PspGateway.Storage.Rows;

namespace PspGateway.Merchants;

/// <summary>What a client showed.</summary>
internal readonly record struct Credentials(string ClientId, string Secret, string SubscriptionKey);

/// <summary>What comes of showing credentials.</summary>
internal abstract record LoginOutcome
{
    private LoginOutcome()
    {
    }

    public sealed record Right : LoginOutcome;

    public sealed record Wrong : LoginOutcome;

    /// <summary>Not looked at.</summary>
    public sealed record TooMany(TimeSpan RetryAfter) : LoginOutcome;
}

/// <summary>
/// Checks merchants' credentials. The check is slow on purpose and open to anybody, so failures are limited; who has shown the right ones to
/// this process before is never limited. A known client's failures count alone, so guessing at one leaves the others as they are.
/// </summary>
internal sealed partial class ClientLogins(IDbContextFactory<GatewayDbContext> contexts, LoginLimits limits, KnownSecrets knownSecrets, TimeProvider time, ILogger<ClientLogins> logger)
{
    private static readonly TimeSpan NextTurn = TimeSpan.FromSeconds(1);

    public async Task<LoginOutcome> CheckAsync(Credentials shown, CancellationToken cancellationToken)
    {
        var (secrets, hasKey) = await ReadAsync(shown, cancellationToken);
        if (hasKey && secrets.Exists(s => knownSecrets.IsKnown(s.Id, shown.Secret)))
        {
            return new LoginOutcome.Right();
        }

        // Whoever lacks the client's subscription key is a stranger: guessing without it uses up none of the client's tries.
        var known = hasKey && secrets.Count > 0;

        // Those that come at once all pass this; the few turns below bound how many that can be.
        if (limits.Wait(shown.ClientId, known) is { } wait)
        {
            return new LoginOutcome.TooMany(wait);
        }

        using var turn = await limits.TurnAsync(cancellationToken);
        if (!turn.IsAcquired)
        {
            return new LoginOutcome.TooMany(NextTurn);
        }

        if (FindMatch(shown.Secret, secrets) is { } match && hasKey)
        {
            knownSecrets.Remember(match.Id, shown.Secret);
            return new LoginOutcome.Right();
        }

        if (limits.Failed(shown.ClientId, known) && known)
        {
            LogTooMany(shown.ClientId, LoginLimits.Failures);
        }

        return new LoginOutcome.Wrong();
    }

    private async Task<(List<MerchantSecretRow> Secrets, bool HasKey)> ReadAsync(Credentials shown, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var secrets = await db.MerchantSecrets.AsNoTracking().Where(s => s.ClientId == shown.ClientId && (s.ExpiresAt == null || s.ExpiresAt > now)).ToListAsync(cancellationToken);
        var keyHash = SHA256.HashData(Encoding.UTF8.GetBytes(shown.SubscriptionKey));
        var keys = await db.Merchants.AsNoTracking().Where(m => m.ClientId == shown.ClientId && m.DisabledAt == null).Select(m => m.SubscriptionKeyHash).ToListAsync(cancellationToken);
        return (secrets, keys.Exists(k => CryptographicOperations.FixedTimeEquals(k, keyHash)));
    }

    /// <summary>An unknown client costs as much time as a wrong secret.</summary>
    private static MerchantSecretRow? FindMatch(string secret, List<MerchantSecretRow> secrets)
    {
        if (secrets.Count == 0)
        {
            _ = ClientSecrets.Matches(secret, new byte[16], new byte[32]);
        }

        return secrets.Find(s => ClientSecrets.Matches(secret, s.Salt, s.Hash));
    }

    [LoggerMessage(7301, LogLevel.Warning, "Client {ClientId} showed wrong credentials {Count} times within a minute: new attempts are answered 429 until the minute is over.")]
    private partial void LogTooMany(string clientId, int count);
}
