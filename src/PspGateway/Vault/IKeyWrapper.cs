using System.Security.Cryptography;
using System.Text;

namespace PspGateway.Vault;

/// <summary>What the master key does: wraps keys. A process boundary: behind it stands a local key, or a KMS that never gives its key away.</summary>
internal interface IKeyWrapper
{
    /// <param name="name">The wrapped key's name; a key wrapped under one name does not open under another.</param>
    ValueTask<byte[]> WrapAsync(byte[] key, string name, CancellationToken cancellationToken);

    /// <exception cref="CryptographicException">Another master key, or another name.</exception>
    ValueTask<byte[]> UnwrapAsync(byte[] wrapped, string name, CancellationToken cancellationToken);
}

/// <summary>The master key in this process' memory, from a setting or a file.</summary>
internal sealed class LocalKeyWrapper(byte[] masterKey) : IKeyWrapper
{
    private readonly byte[] _masterKey = masterKey.Length == AesGcmBox.KeySize
        ? masterKey
        : throw new ArgumentException($"{VaultOptions.Section}:{nameof(VaultOptions.MasterKey)} must be 32 bytes in base64.", nameof(masterKey));

    public ValueTask<byte[]> WrapAsync(byte[] key, string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AesGcmBox.Seal(_masterKey, key, Encoding.UTF8.GetBytes(name)));

    public ValueTask<byte[]> UnwrapAsync(byte[] wrapped, string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AesGcmBox.Open(_masterKey, wrapped, Encoding.UTF8.GetBytes(name)));

    public override string ToString() => "****";
}
