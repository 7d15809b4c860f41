using System.Collections.Frozen;
using System.Security.Cryptography;

namespace PspGateway.Simulator.Vipps;

internal sealed record NetworkToken(string Number, string Cryptogram, string ExpiryMonth, string ExpiryYear, string TokenType, string Eci);

/// <summary>The cards on the phone, and the tokens Vipps' test environment ties to certain amounts.</summary>
internal static class NetworkTokens
{
    /// <summary>Vipps' test environment: "Card not eligible". Nothing is sent but the end of the payment.</summary>
    public const long CardNotEligible = 3100;

    private const string StepUpNumber = "5226603115483035";
    private const string VisaCryptogram = "AlhlvxmN2ZKuAAESNFZ4GoABFA==";
    private const string OtherCryptogram = "AgAAAAAAAIR8CQrXSohbQAAAAAA=";

    /// <summary>Years of two digits, as Vipps' table prints them; the ordinary tokens have four. A receiver meets both.</summary>
    private static readonly FrozenDictionary<long, NetworkToken> ByAmount = new Dictionary<long, NetworkToken>
    {
        [2200] = Mastercard("5226603115488031", VisaCryptogram, "05", "25"),
        [3200] = Visa("4111111111111111", "uxToh3Ep6gsR8AAkvZALN19Iz34=", "03", "30"),
        [4200] = Visa("4895370013193500", VisaCryptogram, "03", "30"),
        [4300] = Mastercard("5226603115488031", VisaCryptogram, "03", "30"),
        [4400] = Visa("4895370012792682", OtherCryptogram, "12", "22"),
        [5100] = Visa("4268270087302871", OtherCryptogram, "09", "24"),
        [5200] = Mastercard("5413330089010442", OtherCryptogram, "12", "25"),
    }.ToFrozenDictionary();

    /// <summary>Cryptograms that Vipps publishes, and therefore sends again and again.</summary>
    public static bool IsPublished(string cryptogram) => ByAmount.Values.Any(token => token.Cryptogram == cryptogram);

    /// <summary>The phone's Mastercard whose bank always wants to know its customer.</summary>
    public static bool WantsStepUp(string number) => number == StepUpNumber;

    /// <param name="card">visa, mastercard or mastercard-3ds</param>
    public static NetworkToken For(long amount, string? card)
    {
        if (ByAmount.TryGetValue(amount, out var fixedToken))
        {
            return fixedToken;
        }

        var cryptogram = Convert.ToBase64String(RandomNumberGenerator.GetBytes(20));
        return string.Equals(card, "mastercard-3ds", StringComparison.OrdinalIgnoreCase) ? Mastercard(StepUpNumber, cryptogram, "03", "2030")
            : string.Equals(card, "mastercard", StringComparison.OrdinalIgnoreCase) ? Mastercard("5226603115488031", cryptogram, "03", "2030")
            : Visa("4895370013193500", cryptogram, "05", "2025");
    }

    private static NetworkToken Visa(string number, string cryptogram, string month, string year) =>
        new(number, cryptogram, month, year, "VISA", "07");

    private static NetworkToken Mastercard(string number, string cryptogram, string month, string year) =>
        new(number, cryptogram, month, year, "MASTERCARD", "06");
}
