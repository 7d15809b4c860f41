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

/// <summary>Seals and opens card tokens, each in an envelope of its own that is bound to payment, merchant and operation.</summary>
internal sealed class TokenVault(IEpochKeys epochs)
{
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
        var plain = Encoding.ASCII.GetBytes(string.Join('\n', token.Number.Reveal(), token.Cryptogram.Reveal(), token.Expiry.Month.ToString(CultureInfo.InvariantCulture), token.Expiry.Year.ToString(CultureInfo.InvariantCulture), token.Scheme.ToString(), token.Eci.Value));
        try
        {
            return Envelope.Seal(plain, binding.ToAdditionalData(), epochKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    internal static CardToken Open(ReadOnlySpan<byte> bytes, TokenBinding binding, byte[] epochKey)
    {
        var plain = Envelope.Open(bytes, binding.ToAdditionalData(), epochKey);
        try
        {
            return Parse(Encoding.ASCII.GetString(plain).Split('\n'));
        }
        finally
        {
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
