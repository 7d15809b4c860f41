using System.Security.Cryptography;

namespace PspGateway.Vault;

/// <summary>A key that no epoch destroys: wrapped, in the key folder, made the first time.</summary>
internal static class LongLivedKey
{
    /// <exception cref="CryptographicException">The master key is not the one that wrapped it.</exception>
    public static async Task<byte[]> LoadAsync(KeyFolder folder, IKeyWrapper wrapper, string name, CancellationToken cancellationToken)
    {
        var wrapped = folder.Read(name);
        if (wrapped is null)
        {
            var fresh = await wrapper.WrapAsync(RandomNumberGenerator.GetBytes(AesGcmBox.KeySize), name, cancellationToken);
            wrapped = folder.TryWrite(name, fresh)
                ? fresh
                : folder.Read(name) ?? throw new CryptographicException($"The vault's {name} key came and went.");
        }

        return await wrapper.UnwrapAsync(wrapped, name, cancellationToken);
    }
}
