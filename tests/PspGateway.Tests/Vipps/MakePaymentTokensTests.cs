using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;
using PspGateway.Vipps;

namespace PspGateway.Tests.Vipps;

public sealed class MakePaymentTokensTests
{
    private static readonly DateTimeOffset ExpiresAt = new(2099, 12, 31, 23, 59, 59, TimeSpan.Zero);

    [Fact]
    public void The_same_values_give_the_same_token_at_each_try() => Assert.Equal(Issue(Tokens()), Issue(Tokens()));

    [Fact]
    public void Each_value_makes_a_difference()
    {
        var tokens = Tokens();
        string[] all =
        [
            Issue(tokens),
            Issue(tokens, id: Guid.NewGuid()),
            Issue(tokens, merchant: "123457"),
            Issue(tokens, amount: 101),
            Issue(tokens, keyId: "k2"),
            Issue(tokens, expiresAt: ExpiresAt.AddSeconds(-1)),
        ];

        Assert.Equal(all.Length, all.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void The_longest_token_still_fits_into_Vipps_field()
    {
        var token = Issue(Tokens(), merchant: "9999999999", amount: 65_000_000, keyId: "k2");

        Assert.InRange(token.Length, 1, 255);
    }

    [Fact]
    public void It_says_what_it_is_for_and_when_it_ends_and_nothing_else()
    {
        var token = new JsonWebToken(Issue(Tokens(), merchant: "1234567890", amount: 49_900));

        Assert.Equal(("HS256", "mp+jwt", "k1"), (token.Alg, token.Typ, token.Kid));
        Assert.Equal(["amt", "aud", "exp", "msn", "sub"], token.Claims.Select(c => c.Type).Order(StringComparer.Ordinal));
        Assert.Equal("0199a3c4d5e67f8091a2b3c4d5e6f708", token.Subject);
        Assert.Equal(("1234567890", "49900"), (token.GetClaim("msn").Value, token.GetClaim("amt").Value));
        Assert.Equal(["mp"], token.Audiences);
        Assert.Equal(ExpiresAt.UtcDateTime, token.ValidTo);
        Assert.False(token.TryGetPayloadValue<long>("iat", out _));
        Assert.False(token.TryGetPayloadValue<long>("nbf", out _));
    }

    [Theory]
    [InlineData("k1", true)]
    [InlineData("k2", false)]
    public async Task It_verifies_under_the_key_that_signed_it_alone(string verifyWith, bool valid)
    {
        var tokens = Tokens();
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(Issue(tokens, keyId: "k1"), new TokenValidationParameters
        {
            ValidateIssuer = false,
            ValidAudience = MakePaymentTokens.Audience,
            IssuerSigningKey = tokens.Keys.Single(k => k.KeyId == verifyWith),
        });

        Assert.Equal(valid, result.IsValid);
    }

    [Fact]
    public void The_first_key_signs() => Assert.Equal("k1", Tokens().CurrentKeyId);

    [Fact]
    public void A_key_that_was_removed_is_named() =>
        Assert.Contains("old", Assert.Throws<InvalidOperationException>(() => Issue(Tokens(), keyId: "old")).Message, StringComparison.Ordinal);

    private static MakePaymentTokens Tokens()
    {
        var options = new MakePaymentOptions();
        options.SigningKeys.Add(new MakePaymentOptions.SigningKey { Id = "k1", Key = Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray()) });
        options.SigningKeys.Add(new MakePaymentOptions.SigningKey { Id = "k2", Key = Convert.ToBase64String(Enumerable.Repeat((byte)2, 32).ToArray()) });
        return new MakePaymentTokens(Options.Create(options));
    }

    private static string Issue(MakePaymentTokens tokens, Guid? id = null, string merchant = "123456", long amount = 100, string keyId = "k1", DateTimeOffset? expiresAt = null) =>
        tokens.Issue(new PspTransactionId(id ?? APayment.Id), MerchantSerialNumber.Parse(merchant), Money.Nok(amount), keyId, expiresAt ?? ExpiresAt);
}
