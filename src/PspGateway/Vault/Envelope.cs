using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PspGateway.Vault;

/// <summary>
/// One random key per sealed value, AES-256-GCM bound to what the value belongs to; that key wrapped by a day's. Layout: version (1), length of
/// the wrapped key (2), wrapped key, box.
/// </summary>
internal static class Envelope
{
    private const byte Version = 1;

    public static byte[] Seal(ReadOnlySpan<byte> plain, byte[] additionalData, byte[] epochKey)
    {
        PlantedBug.SealWithoutAdditionalData(ref additionalData);
        Span<byte> key = stackalloc byte[AesGcmBox.KeySize];
        RandomNumberGenerator.Fill(key);
        try
        {
            var wrapped = AesGcmBox.Seal(epochKey, key, additionalData);
            var box = AesGcmBox.Seal(key, plain, additionalData);
            var result = new byte[3 + wrapped.Length + box.Length];
            result[0] = Version;
            BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(1), (ushort)wrapped.Length);
            wrapped.CopyTo(result, 3);
            box.CopyTo(result, 3 + wrapped.Length);
            return result;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The value in clear; the caller wipes it.</summary>
    /// <exception cref="CryptographicException">Bound to something else, changed, or no envelope.</exception>
    public static byte[] Open(ReadOnlySpan<byte> bytes, byte[] additionalData, byte[] epochKey)
    {
        if (bytes.Length < 3 || bytes[0] != Version || bytes.Length < 3 + BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]))
        {
            throw new CryptographicException("The sealed value has no layout that is known.");
        }

        PlantedBug.SealWithoutAdditionalData(ref additionalData);
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        var key = AesGcmBox.Open(epochKey, bytes.Slice(3, length), additionalData);
        try
        {
            return AesGcmBox.Open(key, bytes[(3 + length)..], additionalData);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
