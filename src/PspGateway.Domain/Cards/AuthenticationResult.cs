namespace PspGateway.Domain.Cards;

/// <summary>
/// The issuer's word that it knows the customer, to go with the authorisation that follows. The authentication value (CAVV) is as secret as a
/// cryptogram: a class without properties for it, never printed.
/// </summary>
public sealed class AuthenticationResult
{
    private readonly string _cavv;

    private AuthenticationResult(string cavv) => _cavv = cavv;

    public required Eci Eci { get; init; }

    public required string DsTransId { get; init; }

    /// <summary>The 3-D Secure version, as 2.2.0.</summary>
    public required string Version { get; init; }

    /// <summary>Y: authenticated. A: attempted, the issuer vouches all the same.</summary>
    public required char TransStatus { get; init; }

    /// <summary>False: the issuer asked the customer nothing.</summary>
    public required bool Challenged { get; init; }

    public static AuthenticationResult? Create(string? cavv, string? eci, string? dsTransId, string? version, string? transStatus, bool challenged) =>
        IsWord(cavv, 256) && Eci.TryCreate(eci, out var indicator) && IsWord(dsTransId, 64) && IsWord(version, 16) && transStatus is "Y" or "A"
            ? new AuthenticationResult(cavv) { Eci = indicator, DsTransId = dsTransId, Version = version, TransStatus = transStatus[0], Challenged = challenged }
            : null;

    /// <summary>The authentication value in clear, for the acquirer's request and the vault only.</summary>
    public string RevealCavv() => _cavv;

    public override string ToString() => "3-D Secure result ****";

    private static bool IsWord([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] string? text, int longest) =>
        text is { Length: >= 1 } && text.Length <= longest && text.All(c => c is > ' ' and < (char)127);
}
