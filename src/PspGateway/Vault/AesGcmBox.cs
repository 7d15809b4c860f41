using System.Security.Cryptography;

namespace PspGateway.Vault;

/// <summary>AES-256-GCM with a random nonce: nonce (12), tag (16), ciphertext.</summary>
internal static class AesGcmBox
{
    public const int KeySize = 32;
    public const int Overhead = NonceSize + TagSize;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> additionalData)
    {
        var box = new byte[Overhead + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(box.AsSpan(0, NonceSize), plain, box.AsSpan(Overhead), box.AsSpan(NonceSize, TagSize), additionalData);
        return box;
    }

    /// <exception cref="CryptographicException">Another key, other additional data, or a changed box.</exception>
    public static byte[] Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> box, ReadOnlySpan<byte> additionalData)
    {
        if (box.Length < Overhead)
        {
            throw new CryptographicException("The sealed value is too short.");
        }

        var plain = new byte[box.Length - Overhead];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(box[..NonceSize], box[Overhead..], box.Slice(NonceSize, TagSize), plain, additionalData);
        return plain;
    }
}
