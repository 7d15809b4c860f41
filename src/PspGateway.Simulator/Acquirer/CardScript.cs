using System.Globalization;

namespace PspGateway.Simulator.Acquirer;

/// <summary>Tokens of cards that the bank refuses, whatever the amount: the last two digits are Adyen's refusalReasonCode.</summary>
internal static class CardScript
{
    private const string Refused = "40000000000090";

    public static string NumberFor(int refusalCode) => Refused + refusalCode.ToString("00", CultureInfo.InvariantCulture);

    /// <returns>Null for every other card: the amount decides.</returns>
    public static Script? For(string number) =>
        number.Length == Refused.Length + 2 && number.StartsWith(Refused, StringComparison.Ordinal)
        && int.TryParse(number[Refused.Length..], CultureInfo.InvariantCulture, out var code) ? new Script(ResultCode.Refused) { RefusalCode = code } : null;
}
