using System.Security.Cryptography;
using System.Text;
using PspGateway.Domain.Cards;
using PspGateway.Vault;

namespace PspGateway.Tests.Vault;

public sealed class TokenVaultTests
{
    private static readonly byte[] EpochKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly TokenBinding Binding = new(APayment.Id, "123456", Guid.Parse("11111111222233334444555555555555"));

    [Theory]
    [InlineData(CardScheme.Visa)]
    [InlineData(CardScheme.Mastercard)]
    public void A_sealed_token_opens_as_it_was(CardScheme scheme)
    {
        var opened = TokenVault.Open(TokenVault.Seal(ACardToken.Valid(scheme), Binding, EpochKey), Binding, EpochKey);

        Assert.Equal(ACardToken.Number, opened.Number.Reveal());
        Assert.Equal(ACardToken.Proof, opened.Cryptogram.Reveal());
        Assert.Equal(("2025-05", scheme, "07"), ($"{opened.Expiry}", opened.Scheme, opened.Eci.Value));
    }

    [Fact]
    public void A_sealed_token_shows_nothing_of_itself()
    {
        var text = Encoding.Latin1.GetString(TokenVault.Seal(ACardToken.Valid(), Binding, EpochKey));

        Assert.DoesNotContain(ACardToken.Number[..6], text, StringComparison.Ordinal);
        Assert.DoesNotContain(ACardToken.Proof[..6], text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_seals_of_the_same_token_have_nothing_in_common_but_their_layout()
    {
        var first = TokenVault.Seal(ACardToken.Valid(), Binding, EpochKey);
        var second = TokenVault.Seal(ACardToken.Valid(), Binding, EpochKey);

        Assert.Equal(first.Length, second.Length);
        Assert.Equal(first[..3], second[..3]);
        Assert.NotEqual(first[3..15], second[3..15]);
        Assert.NotEqual(first[^16..], second[^16..]);
    }

    public static TheoryData<string> OtherBindings() => ["payment", "merchant", "longer merchant", "operation", "payment and operation swapped"];

    [Theory]
    [MemberData(nameof(OtherBindings))]
    public void A_sealed_token_opens_for_nothing_else(string what)
    {
        var other = what switch
        {
            "payment" => Binding with { PaymentId = Guid.NewGuid() },
            "merchant" => Binding with { MerchantSerialNumber = "123457" },
            "longer merchant" => Binding with { MerchantSerialNumber = "1234560" },
            "operation" => Binding with { OperationId = Guid.NewGuid() },
            _ => Binding with { PaymentId = Binding.OperationId, OperationId = Binding.PaymentId },
        };
        var sealedToken = TokenVault.Seal(ACardToken.Valid(), Binding, EpochKey);

        Assert.ThrowsAny<CryptographicException>(() => TokenVault.Open(sealedToken, other, EpochKey));
    }

    [Fact]
    public void A_sealed_token_does_not_open_with_another_days_key()
    {
        var sealedToken = TokenVault.Seal(ACardToken.Valid(), Binding, EpochKey);

        Assert.ThrowsAny<CryptographicException>(() => TokenVault.Open(sealedToken, Binding, [.. EpochKey.Reverse()]));
    }

    [Fact]
    public void One_flipped_bit_anywhere_is_noticed()
    {
        var sealedToken = TokenVault.Seal(ACardToken.Valid(), Binding, EpochKey);
        for (var bit = 0; bit < sealedToken.Length * 8; bit++)
        {
            var changed = sealedToken.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.ThrowsAny<CryptographicException>(() => TokenVault.Open(changed, Binding, EpochKey));
        }
    }

    [Fact]
    public void A_token_cut_short_or_made_longer_is_noticed()
    {
        var sealedToken = TokenVault.Seal(ACardToken.Valid(), Binding, EpochKey);
        for (var length = 0; length < sealedToken.Length; length++)
        {
            Assert.ThrowsAny<CryptographicException>(() => TokenVault.Open(sealedToken.AsSpan(0, length), Binding, EpochKey));
        }

        Assert.ThrowsAny<CryptographicException>(() => TokenVault.Open([.. sealedToken, 0], Binding, EpochKey));
    }
}
