namespace PspGateway.Domain.Cards;

/// <summary>Electronic commerce indicator, two digits. Vipps sends "7" and "07"; both are 07.</summary>
public readonly record struct Eci
{
    private readonly string? _value;

    private Eci(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("This ECI was never set.");

    public static bool TryCreate(string? value, out Eci eci)
    {
        var valid = value is { Length: 1 or 2 } && value.All(char.IsAsciiDigit);
        eci = valid && value is not null ? new Eci(value.PadLeft(2, '0')) : default;
        return valid;
    }

    public override string ToString() => _value ?? "";
}
