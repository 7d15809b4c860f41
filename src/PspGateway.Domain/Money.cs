using System.Globalization;

namespace PspGateway.Domain;

/// <summary>ISO 4217 currencies the gateway moves money in. Vipps' PSP API knows NOK only.</summary>
public enum Currency
{
    NOK,
}

/// <summary>An amount in whole minor units (øre for NOK). Arithmetic is checked; nothing is ever rounded (invariant I13).</summary>
/// <param name="MinorUnits">The amount in hundredths of the currency; may be negative only as a difference.</param>
public readonly record struct Money(long MinorUnits, Currency Currency) : IComparable<Money>
{
    public static Money Nok(long minorUnits) => new(minorUnits, Currency.NOK);

    public static Money Zero(Currency currency) => new(0, currency);

    public static Money operator +(Money left, Money right) => left.Add(right);

    public static Money operator -(Money left, Money right) => left.Subtract(right);

    public static bool operator <(Money left, Money right) => left.CompareTo(right) < 0;

    public static bool operator >(Money left, Money right) => left.CompareTo(right) > 0;

    public static bool operator <=(Money left, Money right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Money left, Money right) => left.CompareTo(right) >= 0;

    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    /// <exception cref="OverflowException">The sum does not fit.</exception>
    public Money Add(Money other) => new(checked(MinorUnits + Same(other).MinorUnits), Currency);

    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    /// <exception cref="OverflowException">The difference does not fit.</exception>
    public Money Subtract(Money other) => new(checked(MinorUnits - Same(other).MinorUnits), Currency);

    public int CompareTo(Money other) => MinorUnits.CompareTo(Same(other).MinorUnits);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{MinorUnits} {Currency} minor units");

    private Money Same(Money other) => other.Currency == Currency
        ? other
        : throw new InvalidOperationException($"{Currency} and {other.Currency} cannot be combined.");
}
