namespace PspGateway.Domain.Cards;

/// <summary>What a step-up keeps of a card token: everything but the cryptogram, which is good for one call only. A class, so that nothing prints its members.</summary>
public sealed class StepUpCard(NetworkToken number, TokenExpiry expiry, CardScheme scheme)
{
    public NetworkToken Number { get; } = number;

    public TokenExpiry Expiry { get; } = expiry;

    public CardScheme Scheme { get; } = scheme;

    public override string ToString() => $"{Scheme} token ****";
}
