using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PspGateway.Domain.Cards;

namespace PspGateway.Vault;

/// <summary>What a sealed token belongs to. It opens for this and nothing else.</summary>
internal sealed record TokenBinding(Guid PaymentId, string MerchantSerialNumber, Guid OperationId)
{
    public byte[] ToAdditionalData() => [.. "token"u8, .. PaymentId.ToByteArray(bigEndian: true), .. OperationId.ToByteArray(bigEndian: true), .. Encoding.ASCII.GetBytes(MerchantSerialNumber)];
}

/// <param name="EpochId">The daily key that wraps the token's own.</param>
internal sealed record SealedToken(Guid EpochId, byte[] Bytes);

/// <summary>
/// Seals and opens card tokens: one random key per token, AES-256-GCM bound to payment, merchant and operation; that key wrapped by the
/// day's. Layout: version (1), length of the wrapped key (2), wrapped key, box.
/// </summary>
internal sealed class TokenVault(IEpochKeys epochs)
{
    private const byte Version = 1;

    public async ValueTask<SealedToken> SealAsync(CardToken token, TokenBinding binding, CancellationToken cancellationToken)
    {
        var epoch = await epochs.TodayAsync(cancellationToken);
        return new SealedToken(epoch.Id, Seal(token, binding, epoch.Reveal()));
    }

    /// <exception cref="CryptographicException">Bound to something else, changed, or its epoch is destroyed.</exception>
    public async ValueTask<CardToken> OpenAsync(SealedToken token, TokenBinding binding, CancellationToken cancellationToken)
    {
        var epoch = await epochs.ByIdAsync(token.EpochId, cancellationToken);
        return Open(token.Bytes, binding, epoch.Reveal());
    }

    internal static byte[] Seal(CardToken token, TokenBinding binding, byte[] epochKey)
    {
        var additionalData = binding.ToAdditionalData();
        PlantedBug.SealWithoutAdditionalData(ref additionalData);
        var plain = Encoding.ASCII.GetBytes(string.Join('\n', token.Number.Reveal(), token.Cryptogram.Reveal(), token.Expiry.Month.ToString(CultureInfo.InvariantCulture), token.Expiry.Year.ToString(CultureInfo.InvariantCulture), token.Scheme.ToString(), token.Eci.Value));
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
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    internal static CardToken Open(ReadOnlySpan<byte> bytes, TokenBinding binding, byte[] epochKey)
    {
        if (bytes.Length < 3 || bytes[0] != Version || bytes.Length < 3 + BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]))
        {
            throw new CryptographicException("The sealed token has no layout that is known.");
        }

        var additionalData = binding.ToAdditionalData();
        PlantedBug.SealWithoutAdditionalData(ref additionalData);
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        var key = AesGcmBox.Open(epochKey, bytes.Slice(3, length), additionalData);
        var plain = AesGcmBox.Open(key, bytes[(3 + length)..], additionalData);
        try
        {
            return Parse(Encoding.ASCII.GetString(plain).Split('\n'));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static CardToken Parse(string[] parts) =>
        parts is [var number, var cryptogram, var month, var year, var scheme, var eci]
        && NetworkToken.TryCreate(number, out var networkToken) && networkToken is not null
        && Cryptogram.TryCreate(cryptogram, out var proof) && proof is not null
        && TokenExpiry.TryCreate(month, year, out var expiry)
        && Eci.TryCreate(eci, out var indicator)
            ? new CardToken(networkToken, proof, expiry, Enum.Parse<CardScheme>(scheme), indicator)
            : throw new CryptographicException("The sealed token does not hold a token.");
}
