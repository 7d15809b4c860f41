using System.Security.Cryptography;
using System.Text;

namespace PspGateway.Vault;

/// <summary>Seals single fields (phone numbers, webhook secrets, signing keys) under the long-lived field key, which no epoch destroys.</summary>
internal sealed class FieldSealer(KeyFolder folder, IKeyWrapper wrapper)
{
    private const string KeyName = "field";
    private byte[]? _key;

    /// <summary>Loads the field key, or makes it the first time. Called before the service takes requests.</summary>
    /// <exception cref="CryptographicException">The master key is not the one that wrapped it.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken) =>
        _key = await LongLivedKey.LoadAsync(folder, wrapper, KeyName, cancellationToken);

    public bool IsLoaded => _key is not null;

    /// <param name="context">What the field is and whose; it opens under the same context only.</param>
    public byte[] Seal(ReadOnlySpan<byte> value, string context) => AesGcmBox.Seal(Key, value, Encoding.UTF8.GetBytes(context));

    /// <exception cref="CryptographicException">Another context, or changed.</exception>
    public byte[] Open(ReadOnlySpan<byte> value, string context) => AesGcmBox.Open(Key, value, Encoding.UTF8.GetBytes(context));

    private byte[] Key => _key ?? throw new InvalidOperationException("The vault's field key is not loaded.");
}
