using System.Collections.Concurrent;
using System.Security.Cryptography;
using Npgsql;
using PspGateway.Storage;

namespace PspGateway.Vault;

/// <summary>One UTC day's key, in memory.</summary>
internal sealed class EpochKey(Guid id, byte[] key)
{
    public Guid Id { get; } = id;

    /// <summary>The key in clear, for sealing and opening only.</summary>
    public byte[] Reveal() => key;

    public override string ToString() => $"epoch {Id:N}";
}

/// <summary>The keys that tokens are sealed with.</summary>
internal interface IEpochKeys
{
    /// <summary>Today's key; from memory but for the first time in a day.</summary>
    ValueTask<EpochKey> TodayAsync(CancellationToken cancellationToken);

    /// <exception cref="CryptographicException">The epoch was destroyed, or its file is not in this key folder.</exception>
    ValueTask<EpochKey> ByIdAsync(Guid id, CancellationToken cancellationToken);
}

/// <summary>
/// The daily keys. The file is written first, then the row that names it; of two replicas that race, the loser reads the winner's file.
/// Destroying one deletes its file under a lock that sealing shares, and with it whatever any backup still holds.
/// </summary>
internal sealed partial class EpochKeys(GatewayDatabase database, KeyFolder folder, IKeyWrapper wrapper, TimeProvider time, ILogger<EpochKeys> logger) : IEpochKeys, IDisposable
{
    private readonly ConcurrentDictionary<DateOnly, EpochKey> _byDay = new();
    private readonly ConcurrentDictionary<Guid, EpochKey> _byId = new();
    private readonly SemaphoreSlim _gate = new(1, 1);

    public ValueTask<EpochKey> TodayAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        return _byDay.TryGetValue(today, out var key) ? ValueTask.FromResult(key) : new ValueTask<EpochKey>(EnsureAsync(today, cancellationToken));
    }

    public async ValueTask<EpochKey> ByIdAsync(Guid id, CancellationToken cancellationToken) =>
        _byId.TryGetValue(id, out var key) ? key : await LoadAsync(id, cancellationToken);

    /// <summary>Makes sure that a day has its key, here and in the database.</summary>
    public async Task<EpochKey> EnsureAsync(DateOnly day, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_byDay.TryGetValue(day, out var known))
            {
                return known;
            }

            var id = await FindAsync(day, cancellationToken) ?? await MakeAsync(day, cancellationToken);
            var key = await LoadAsync(id, cancellationToken);
            _byDay[day] = key;
            return key;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Destroys the keys of days that ended longer ago than <paramref name="after"/>. One that still seals a token is left until that token's payment is decided.</summary>
    public async Task<int> DestroyOldAsync(TimeSpan after, CancellationToken cancellationToken)
    {
        var lastDay = DateOnly.FromDateTime((time.GetUtcNow() - after).UtcDateTime).AddDays(-1);
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var old = await LockOldAsync(connection, lastDay, cancellationToken);
        foreach (var id in old)
        {
            // First the file, then the row, under the lock that sealing shares: a crash in between only means that it is done again.
            folder.Delete(FileName(id));
            LogDestroyed(id);
        }

        await using var command = new NpgsqlCommand("update vault_epochs set destroyed_at = clock_timestamp() where id = any(@ids)", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("ids", [.. old]));
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Forget(lastDay);
        return old.Count;
    }

    private static async Task<List<Guid>> LockOldAsync(NpgsqlConnection connection, DateOnly lastDay, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select e.id from vault_epochs e
            where e.day <= @day and e.destroyed_at is null and not exists (select from sealed_tokens t where t.epoch_id = e.id)
            order by e.day limit 100
            for update
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<DateOnly>("day", lastDay));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    /// <summary>Whichever replica destroyed them, this one does not keep them in memory.</summary>
    private void Forget(DateOnly lastDay)
    {
        foreach (var day in _byDay.Keys.Where(day => day <= lastDay))
        {
            _byDay.TryRemove(day, out _);
        }

        var kept = _byDay.Values.Select(key => key.Id).ToHashSet();
        foreach (var id in _byId.Keys.Where(id => !kept.Contains(id)))
        {
            _byId.TryRemove(id, out _);
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Guid?> FindAsync(DateOnly day, CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select id from vault_epochs where day = @day", connection);
        command.Parameters.Add(new NpgsqlParameter<DateOnly>("day", day));
        return await command.ExecuteScalarAsync(cancellationToken) as Guid?;
    }

    private async Task<Guid> MakeAsync(DateOnly day, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow());
        var key = RandomNumberGenerator.GetBytes(AesGcmBox.KeySize);
        folder.TryWrite(FileName(id), await wrapper.WrapAsync(key, FileName(id), cancellationToken));
        if (await AddAsync(id, day, cancellationToken))
        {
            LogMade(id, day);
            return id;
        }

        folder.Delete(FileName(id));
        return await FindAsync(day, cancellationToken) ?? throw new InvalidOperationException($"The vault's epoch of {day:O} came and went.");
    }

    /// <summary>False: another replica was first.</summary>
    private async Task<bool> AddAsync(Guid id, DateOnly day, CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand("insert into vault_epochs (id, day, created_at) values (@id, @day, clock_timestamp()) on conflict (day) do nothing", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", id));
        command.Parameters.Add(new NpgsqlParameter<DateOnly>("day", day));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task<EpochKey> LoadAsync(Guid id, CancellationToken cancellationToken)
    {
        var wrapped = folder.Read(FileName(id))
            ?? throw new CryptographicException($"The key of vault epoch {id:N} is not in the key folder ({VaultOptions.Section}:{nameof(VaultOptions.KeyFolder)}).");
        var key = new EpochKey(id, await wrapper.UnwrapAsync(wrapped, FileName(id), cancellationToken));
        return _byId.GetOrAdd(id, key);
    }

    private static string FileName(Guid id) => $"epoch-{id:N}";

    [LoggerMessage(5001, LogLevel.Information, "Made vault epoch {EpochId} for {Day}.")]
    private partial void LogMade(Guid epochId, DateOnly day);

    [LoggerMessage(5002, LogLevel.Information, "Destroyed the key of vault epoch {EpochId}.")]
    private partial void LogDestroyed(Guid epochId);
}
