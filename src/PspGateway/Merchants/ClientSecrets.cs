using System.Security.Cryptography;

namespace PspGateway.Merchants;

/// <summary>Client secrets as PBKDF2 hashes. Slow on purpose: a token is fetched once an hour.</summary>
internal static class ClientSecrets
{
    private const int Iterations = 100_000;
    private const int HashSize = 32;

    public static (byte[] Salt, byte[] Hash) Hash(string secret)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return (salt, Derive(secret, salt));
    }

    public static bool Matches(string secret, byte[] salt, byte[] hash) => CryptographicOperations.FixedTimeEquals(Derive(secret, salt), hash);

    private static byte[] Derive(string secret, byte[] salt) => Rfc2898DeriveBytes.Pbkdf2(secret, salt, Iterations, HashAlgorithmName.SHA256, HashSize);
}
