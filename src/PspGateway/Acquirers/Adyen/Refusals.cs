using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;

namespace PspGateway.Acquirers.Adyen;

/// <summary>Adyen's refusal reasons in the engine's words. The raw answer of the issuer wins where the account shows it.</summary>
internal static class Refusals
{
    /// <summary>The issuer wants 3-D Secure. 65 means so with Mastercard only: Visa's 65 is a limit.</summary>
    public static bool IsSoft(string? code, string? raw, CardScheme scheme) => RawCode(raw) switch
    {
        "1A" => true,
        "65" when scheme == CardScheme.Mastercard => true,
        { } known when ByRaw(known) is not null => false,
        _ => code == "38",
    };

    public static DeclineReason ReasonOf(string? code, string? raw) => (RawCode(raw) is { } issuer ? ByRaw(issuer) : null) ?? ByCode(code);

    /// <summary>False for a code that the table does not know: worth a line in the log.</summary>
    public static bool IsKnown(string? code) => int.TryParse(code, out var number) && number is (>= 2 and <= 10) or 12 or (>= 14 and <= 29) or (>= 31 and <= 46) or 11;

    private static DeclineReason ByCode(string? code) => code switch
    {
        "4" or "7" or "21" => DeclineReason.AcquirerError,
        "6" => DeclineReason.ExpiredCard,
        "8" => DeclineReason.InvalidCardNumber,
        "9" => DeclineReason.IssuerUnavailable,
        "12" => DeclineReason.InsufficientFunds,
        "14" or "20" or "22" or "31" => DeclineReason.SuspectedFraud,
        "15" or "16" => DeclineReason.CancelledAtAcquirer,
        "28" or "29" => DeclineReason.ExceedsLimit,
        "11" or "38" or "39" or "42" => DeclineReason.AuthenticationFailed,
        _ => DeclineReason.RefusedByIssuer,
    };

    private static DeclineReason? ByRaw(string issuer) => issuer switch
    {
        "14" => DeclineReason.InvalidCardNumber,
        "15" => DeclineReason.NoSuchIssuer,
        "51" => DeclineReason.InsufficientFunds,
        "54" => DeclineReason.ExpiredCard,
        "59" => DeclineReason.SuspectedFraud,
        "61" or "65" => DeclineReason.ExceedsLimit,
        "91" => DeclineReason.IssuerUnavailable,
        "96" => DeclineReason.AcquirerError,
        _ => null,
    };

    // "05 : Do not honor"
    private static string? RawCode(string? raw) => raw?.Split(':')[0].Trim() is { Length: > 0 } code ? code.ToUpperInvariant() : null;
}
