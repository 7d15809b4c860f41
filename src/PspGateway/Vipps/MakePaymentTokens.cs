using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;

namespace PspGateway.Vipps;

/// <summary>The keys that sign makePaymentTokens: the first signs, all verify, so that keys can be rotated.</summary>
internal sealed class MakePaymentOptions
{
    public const string Section = "MakePayment";

    [MinLength(1)]
    public IList<SigningKey> SigningKeys { get; } = [];

    internal sealed class SigningKey
    {
        /// <summary>1 or 2 characters: the token must fit into 255.</summary>
        [Required, StringLength(2, MinimumLength = 1)]
        public string Id { get; set; } = "";

        /// <summary>32 bytes in base64.</summary>
        [Required]
        public string Key { get; set; } = "";
    }
}

/// <summary>Makes the per-payment token that Vipps hands back as the whole Authorization header. The same values always give the same token.</summary>
internal sealed class MakePaymentTokens(IOptions<MakePaymentOptions> options)
{
    public const string Audience = "mp";
    public const string Type = "mp+jwt";
    public const string MerchantClaim = "msn";
    public const string AmountClaim = "amt";

    /// <summary>Vipps' limit on makePaymentToken.</summary>
    public const int MaxLength = 255;

    private readonly Dictionary<string, SymmetricSecurityKey> _keys = options.Value.SigningKeys.ToDictionary(
        k => k.Id, k => new SymmetricSecurityKey(Convert.FromBase64String(k.Key)) { KeyId = k.Id }, StringComparer.Ordinal);

    // No times but exp, so that each try of init sends the identical token (ENGINE 20).
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    public string CurrentKeyId => options.Value.SigningKeys[0].Id;

    public IEnumerable<SecurityKey> Keys => _keys.Values;

    /// <exception cref="InvalidOperationException">The key was removed while payments of it are still open.</exception>
    public string Issue(PspTransactionId id, MerchantSerialNumber merchant, Money amount, string keyId, DateTimeOffset expiresAt)
    {
        var key = _keys.GetValueOrDefault(keyId) ?? throw new InvalidOperationException($"{MakePaymentOptions.Section}: there is no signing key {keyId} any more.");
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = Type,
            Audience = Audience,
            Claims = new Dictionary<string, object>(StringComparer.Ordinal)
            {
                [JwtRegisteredClaimNames.Sub] = id.ToString(),
                [MerchantClaim] = merchant.Value,
                [AmountClaim] = amount.MinorUnits.ToString(CultureInfo.InvariantCulture),
            },
            Expires = expiresAt.UtcDateTime,
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.HmacSha256),
        });
    }

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.ASCII.GetBytes(token));
}
