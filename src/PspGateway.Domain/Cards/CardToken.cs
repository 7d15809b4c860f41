namespace PspGateway.Domain.Cards;

/// <summary>What Vipps hands over when the customer approves. A class, so that nothing prints its members.</summary>
public sealed class CardToken(NetworkToken number, Cryptogram cryptogram, TokenExpiry expiry, CardScheme scheme, Eci eci)
{
    public NetworkToken Number { get; } = number;

    public Cryptogram Cryptogram { get; } = cryptogram;

    public TokenExpiry Expiry { get; } = expiry;

    public CardScheme Scheme { get; } = scheme;

    public Eci Eci { get; } = eci;

    public override string ToString() => $"{Scheme} token ****";
}
