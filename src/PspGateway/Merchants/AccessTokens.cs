using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using PspGateway.Storage;
using PspGateway.Vault;

namespace PspGateway.Merchants;

/// <summary>
/// Issues merchants' access tokens, signed by keys that are kept wrapped in the database and shared by the replicas. The keys are loaded
/// before the first request; one that another replica has made since is loaded when it is first seen.
/// </summary>
internal sealed partial class AccessTokens(GatewayDatabase database, FieldSealer sealer, TimeProvider time, ILogger<AccessTokens> logger) : BackgroundService
{
    public const string Issuer = "pspgateway";
    public const string Audience = "merchant-api";
    public const string Type = "at+jwt";
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private static readonly TimeSpan ReloadEvery = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, SymmetricSecurityKey> _keys = new(StringComparer.Ordinal);
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private volatile SymmetricSecurityKey? _current;

    public string Issue(string clientId, DateTimeOffset at) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        TokenType = Type,
        Issuer = Issuer,
        Audience = Audience,
        Claims = new Dictionary<string, object>(StringComparer.Ordinal) { [JwtRegisteredClaimNames.Sub] = clientId },

        // No "not before": a replica whose clock is minutes behind would refuse what another has just issued.
        IssuedAt = at.UtcDateTime,
        Expires = (at + Life).UtcDateTime,
        SigningCredentials = new SigningCredentials(_current ?? throw new InvalidOperationException("The token signing keys are not loaded."), SecurityAlgorithms.HmacSha256),
    });

    /// <summary>The key of that id, or none: keys are never guessed.</summary>
    public IEnumerable<SecurityKey> KeysFor(string? keyId) => keyId is not null && _keys.TryGetValue(keyId, out var key) ? [key] : [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(ReloadEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LoadAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogNotLoaded(exception);
            }
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(cancellationToken);
        if (!rows.Exists(r => r.Current))
        {
            await MakeAsync(cancellationToken);
            rows = await ReadAsync(cancellationToken);
        }

        foreach (var row in rows)
        {
            var key = _keys.GetOrAdd(row.Id.ToString("N"), id => new SymmetricSecurityKey(sealer.Open(row.Wrapped, Context(row.Id))) { KeyId = id });
            _current = row.Current ? key : _current;
        }
    }

    private async Task<List<(Guid Id, byte[] Wrapped, bool Current)>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select id, wrapped_key, current from token_signing_keys", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<(Guid, byte[], bool)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add((reader.GetGuid(0), await reader.GetFieldValueAsync<byte[]>(1, cancellationToken), reader.GetBoolean(2)));
        }

        return rows;
    }

    private async Task MakeAsync(CancellationToken cancellationToken)
    {
        // Replicas that start together: one row wins, all read it.
        var id = Guid.CreateVersion7(time.GetUtcNow());
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand("insert into token_signing_keys (id, wrapped_key, current, created_at) values (@id, @key, true, clock_timestamp()) on conflict do nothing", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", id));
        command.Parameters.Add(new NpgsqlParameter<byte[]>("key", sealer.Seal(RandomNumberGenerator.GetBytes(32), Context(id))));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Context(Guid id) => $"token-signing-key:{id:N}";

    [LoggerMessage(7101, LogLevel.Error, "The token signing keys could not be read again; those in memory go on.")]
    private partial void LogNotLoaded(Exception exception);
}
