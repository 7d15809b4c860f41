namespace PspGateway.Domain.Cards;

/// <summary>
/// The one-use proof that goes with a network token (TAVV). Opaque: Vipps' published samples are not even canonical base64, so it is
/// neither decoded nor validated beyond its length. Never printed.
/// </summary>
public sealed class Cryptogram
{
    public const int MaxLength = 256;
    private readonly string _value;

    private Cryptogram(string value) => _value = value;

    public static bool TryCreate(string? value, out Cryptogram? cryptogram)
    {
        cryptogram = value is { Length: >= 1 and <= MaxLength } && value.All(c => c is > ' ' and < (char)127) ? new Cryptogram(value) : null;
        return cryptogram is not null;
    }

    /// <summary>The value in clear, for the acquirer's request and the vault only.</summary>
    public string Reveal() => _value;

    public override string ToString() => "****";
}
