using System.Text.Json;
using PspGateway.Domain.Cards;
using PspGateway.Payments;
using PspGateway.Payments.StepUps;
using PspGateway.Vault;

namespace PspGateway.Tests.Domain;

public sealed class SecretsTests
{
    private static readonly JsonSerializerOptions WithFields = new() { IncludeFields = true };
    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)0xAB, 32)];

    public static TheoryData<string> Secrets() => [.. All().Keys];

    [Theory]
    [MemberData(nameof(Secrets))]
    public void A_secret_prints_nothing_of_itself(string name)
    {
        var secret = All()[name];

        AssertHidden(secret.ToString());
        AssertHidden($"the value is {secret}");
        AssertHidden(string.Format(System.Globalization.CultureInfo.InvariantCulture, "{0}", secret));
    }

    [Theory]
    [MemberData(nameof(Secrets))]
    public void A_secret_serialises_to_nothing_of_itself(string name)
    {
        var secret = All()[name];

        AssertHidden(JsonSerializer.Serialize(secret, secret.GetType(), WithFields));
        AssertHidden(JsonSerializer.Serialize(new { secret }));
    }

    [Theory]
    [InlineData("network token")]
    [InlineData("cryptogram")]
    [InlineData("key wrapper")]
    public void A_secret_that_is_nothing_else_prints_as_a_mask(string name) => Assert.Equal("****", $"{All()[name]}");

    [Fact]
    public void The_check_itself_finds_what_is_not_hidden() =>
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => AssertHidden(JsonSerializer.Serialize(new { Number = ACardToken.Number })));

    private static Dictionary<string, object> All()
    {
        var token = ACardToken.Valid();
        return new(StringComparer.Ordinal)
        {
            ["network token"] = token.Number,
            ["cryptogram"] = token.Cryptogram,
            ["card token"] = token,
            ["key wrapper"] = new LocalKeyWrapper(Key),
            ["epoch key"] = new EpochKey(APayment.Id, Key),
            ["step-up card"] = new StepUpCard(token.Number, token.Expiry, token.Scheme),
            ["authentication result"] = AuthenticationResult.Create(ACardToken.Proof, "05", "a-directory-server-id", "2.2.0", "Y", challenged: true)!,
            ["approval"] = new Approval(token, null, null),
            ["authentication request"] = new AuthenticationRequest
            {
                IdempotencyKey = "key",
                Reference = "reference",
                Account = "account",
                Amount = PspGateway.Domain.Money.Nok(100),
                Card = new StepUpCard(token.Number, token.Expiry, token.Scheme),
                Browser = new Browser { UserAgent = "a", Accept = "a", Language = "nb", ScreenWidth = 1, ScreenHeight = 1, ColourDepth = 24, TimeZoneOffset = 0, Java = false, Script = true, Address = null },
                ReturnUrl = new Uri("https://gateway.example/"),
            },
            ["authorisation request"] = new AuthorisationRequest
            {
                IdempotencyKey = "key",
                Reference = "reference",
                Account = "account",
                Amount = PspGateway.Domain.Money.Nok(100),
                Token = token,
                ReturnUrl = new Uri("https://gateway.example/"),
                Again = false,
            },
        };
    }

    private static void AssertHidden(string? text)
    {
        Assert.NotNull(text);
        Assert.DoesNotContain(ACardToken.Number, text, StringComparison.Ordinal);
        Assert.DoesNotContain(ACardToken.Number[..6], text, StringComparison.Ordinal);
        Assert.DoesNotContain(ACardToken.Number[^4..], text, StringComparison.Ordinal);
        Assert.DoesNotContain(ACardToken.Proof[..8], text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Key)[..16], text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexString(Key)[..16], text, StringComparison.OrdinalIgnoreCase);
    }
}
