using PspGateway.Domain.Cards;

namespace PspGateway.Tests;

/// <summary>A card token with values that a leak would show.</summary>
internal static class ACardToken
{
    public const string Number = "4895370013193500";
    public const string Proof = "AlhlvxmN2ZKuAAESNFZ4GoABFA==";

    public static CardToken Valid(CardScheme scheme = CardScheme.Visa)
    {
        Assert.True(NetworkToken.TryCreate(Number, out var number));
        Assert.True(Cryptogram.TryCreate(Proof, out var cryptogram));
        Assert.True(TokenExpiry.TryCreate("5", "25", out var expiry));
        Assert.True(Eci.TryCreate("7", out var eci));
        return new CardToken(number!, cryptogram!, expiry, scheme, eci);
    }
}
