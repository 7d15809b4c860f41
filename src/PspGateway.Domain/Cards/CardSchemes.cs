namespace PspGateway.Domain.Cards;

/// <summary>Which scheme a card is of, by the first digits of its number (ISO/IEC 7812).</summary>
public static class CardSchemes
{
    /// <summary>Null where they are not known, or are another scheme's.</summary>
    public static CardScheme? OfBin(string? bin) => bin switch
    {
        ['4', ..] => CardScheme.Visa,
        ['5', >= '1' and <= '5', ..] => CardScheme.Mastercard,
        { Length: >= 4 } when string.CompareOrdinal(bin[..4], "2221") >= 0 && string.CompareOrdinal(bin[..4], "2720") <= 0 => CardScheme.Mastercard,
        _ => null,
    };
}
