namespace PspGateway.Domain.Cards;

/// <summary>
/// The number that stands in for the card, 12 to 19 digits. No Luhn check: Vipps' own samples fail it, and only the acquirer knows.
/// Never printed: <see cref="ToString"/> masks it, and it has no property that a serialiser could find.
/// </summary>
public sealed class NetworkToken
{
    private readonly string _number;

    private NetworkToken(string number) => _number = number;

    public static bool TryCreate(string? number, out NetworkToken? token)
    {
        token = number is { Length: >= 12 and <= 19 } && number.All(char.IsAsciiDigit) ? new NetworkToken(number) : null;
        return token is not null;
    }

    /// <summary>The digits in clear, for the acquirer's request and the vault only.</summary>
    public string Reveal() => _number;

    public override string ToString() => "****";
}
