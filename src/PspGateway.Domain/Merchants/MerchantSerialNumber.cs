using System.Diagnostics.CodeAnalysis;

namespace PspGateway.Domain.Merchants;

/// <summary>Vipps' number for a merchant's sales unit (MSN): 4 to 10 digits, whatever the v3 specification's pattern says.</summary>
public readonly record struct MerchantSerialNumber : IParsable<MerchantSerialNumber>
{
    private readonly string? _value;

    private MerchantSerialNumber(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("This merchant serial number was never set.");

    /// <exception cref="FormatException">Not 4 to 10 digits.</exception>
    public static MerchantSerialNumber Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException("A merchant serial number has 4 to 10 digits.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MerchantSerialNumber result)
    {
        var valid = s is { Length: >= 4 and <= 10 } && s.All(char.IsAsciiDigit);
        result = valid ? new MerchantSerialNumber(s ?? "") : default;
        return valid;
    }

    public static MerchantSerialNumber Parse(string s) => Parse(s, null);

    public static bool TryParse([NotNullWhen(true)] string? s, out MerchantSerialNumber result) => TryParse(s, null, out result);

    public override string ToString() => _value ?? "";
}
