using System.Diagnostics.CodeAnalysis;

namespace PspGateway.Domain.Payments;

/// <summary>
/// The merchant's own name of a payment, unique per merchant: ePayment's <c>reference</c> and Vipps' <c>merchantOrderId</c>.
/// 8 to 50 of a-z, A-Z, 0-9 and '-', which both sides take.
/// </summary>
public readonly record struct MerchantOrderId : IParsable<MerchantOrderId>
{
    private readonly string? _value;

    private MerchantOrderId(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("This merchant order id was never set.");

    /// <exception cref="FormatException">Not 8 to 50 of the allowed characters.</exception>
    public static MerchantOrderId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException("A reference has 8 to 50 of a-z, A-Z, 0-9 and '-'.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MerchantOrderId result)
    {
        result = default;
        if (s is not { Length: >= 8 and <= 50 } || !s.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            return false;
        }

        result = new MerchantOrderId(s);
        return true;
    }

    public static MerchantOrderId Parse(string s) => Parse(s, null);

    public static bool TryParse([NotNullWhen(true)] string? s, out MerchantOrderId result) => TryParse(s, null, out result);

    public override string ToString() => _value ?? "";
}
