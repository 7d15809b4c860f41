using System.Globalization;

namespace PspGateway.Domain.Cards;

/// <summary>
/// When the network token expires, as month and four-digit year. A date in the past is kept: Vipps' ordinary test token expired in
/// May 2025, and only the acquirer may refuse it.
/// </summary>
public readonly record struct TokenExpiry
{
    private TokenExpiry(int year, int month) => (Year, Month) = (year, month);

    public int Year { get; }

    public int Month { get; }

    /// <summary>Reads a month of one or two digits and a year of two or four.</summary>
    public static bool TryCreate(string? month, string? year, out TokenExpiry expiry)
    {
        expiry = default;
        if (!TryDigits(month, 1, 2, out var m) || m is < 1 or > 12 || !TryDigits(year, 2, 4, out var y) || year?.Length == 3)
        {
            return false;
        }

        expiry = new TokenExpiry(year?.Length == 2 ? 2000 + y : y, m);
        return expiry.Year is >= 2000 and <= 2199;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Year:D4}-{Month:D2}");

    private static bool TryDigits(string? text, int min, int max, out int value)
    {
        value = 0;
        return text is not null && text.Length >= min && text.Length <= max && text.All(char.IsAsciiDigit)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
