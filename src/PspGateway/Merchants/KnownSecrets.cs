using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace PspGateway.Merchants;

/// <summary>
/// The secrets that this process has found right, as fast hashes under a key that dies with it. Whoever shows one of them again needs no slow
/// check, and cannot be locked out by others who guess. One entry for each secret in the database at most.
/// </summary>
internal sealed class KnownSecrets
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<Guid, byte[]> _hashes = new();

    public void Remember(Guid id, string secret) => _hashes[id] = Hash(secret);

    public bool IsKnown(Guid id, string secret) => _hashes.TryGetValue(id, out var hash) && CryptographicOperations.FixedTimeEquals(hash, Hash(secret));

    private byte[] Hash(string secret) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(secret));
}
