using System.Security.Cryptography;
using System.Text;
using PspGateway.Domain.Cards;

namespace PspGateway.Vault;

/// <summary>
/// Recognises a number or a cryptogram that came before with the same payment, without keeping it (ENGINE 12). Of two payments no two
/// fingerprints are alike: they say nothing about who pays where.
/// </summary>
internal sealed class Fingerprints(KeyFolder folder, IKeyWrapper wrapper)
{
    private const string KeyName = "fingerprint";
    private byte[]? _key;

    /// <summary>Loads the fingerprint key, or makes it the first time. Called before the service takes requests.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken) => _key = await LongLivedKey.LoadAsync(folder, wrapper, KeyName, cancellationToken);

    public byte[] OfNumber(Guid paymentId, CardToken token) => Of($"number\n{paymentId:N}\n{token.Number.Reveal()}");

    /// <summary>Of the number and the cryptogram: of one call.</summary>
    public byte[] OfToken(Guid paymentId, CardToken token) => Of($"token\n{paymentId:N}\n{token.Number.Reveal()}\n{token.Cryptogram.Reveal()}");

    public static bool Equal(byte[] one, byte[] other) => CryptographicOperations.FixedTimeEquals(one, other);

    private byte[] Of(string text) => HMACSHA256.HashData(_key ?? throw new InvalidOperationException("The vault's fingerprint key is not loaded."), Encoding.ASCII.GetBytes(text));
}
