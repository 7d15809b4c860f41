using System.Diagnostics.CodeAnalysis;

namespace PspGateway.Domain.Payments;

/// <summary>
/// The gateway's own id of a payment, as Vipps, the acquirer's references and the merchant's pspReference show it: 32 lower-case hex digits,
/// which satisfies every reading of Vipps' pattern. It is the payment's UUIDv7 key in another dress.
/// </summary>
public readonly record struct PspTransactionId(Guid Value) : IParsable<PspTransactionId>
{
    /// <exception cref="FormatException">Not 32 lower-case hex digits.</exception>
    public static PspTransactionId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException("A pspTransactionId has 32 lower-case hex digits.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PspTransactionId result)
    {
        result = default;
        if (s is not { Length: 32 } || !s.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f') || !Guid.TryParseExact(s, "N", out var value))
        {
            return false;
        }

        result = new PspTransactionId(value);
        return true;
    }

    public static PspTransactionId Parse(string s) => Parse(s, null);

    public static bool TryParse([NotNullWhen(true)] string? s, out PspTransactionId result) => TryParse(s, null, out result);

    public override string ToString() => Value.ToString("N");
}
