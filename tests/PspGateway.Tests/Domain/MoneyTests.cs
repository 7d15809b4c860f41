using PspGateway.Domain;
using PspGateway.Domain.Payments;

namespace PspGateway.Tests.Domain;

public sealed class MoneyTests
{
    // A currency that the gateway does not know stands in for a second one.
    private static readonly Money Foreign = new(1, (Currency)99);

    [Fact]
    public void Sums_and_differences_are_exact()
    {
        Assert.Equal(Money.Nok(350), Money.Nok(100) + Money.Nok(250));
        Assert.Equal(Money.Nok(-150), Money.Nok(100) - Money.Nok(250));
        Assert.Equal(Money.Nok(0), Money.Zero(Currency.NOK));
    }

    [Fact]
    public void A_sum_that_does_not_fit_throws()
    {
        Assert.Throws<OverflowException>(() => Money.Nok(long.MaxValue) + Money.Nok(1));
        Assert.Throws<OverflowException>(() => Money.Nok(long.MinValue) - Money.Nok(1));
    }

    [Fact]
    public void Two_currencies_are_never_combined_or_compared()
    {
        Assert.Throws<InvalidOperationException>(() => Money.Nok(1) + Foreign);
        Assert.Throws<InvalidOperationException>(() => Money.Nok(1) - Foreign);
        Assert.Throws<InvalidOperationException>(() => Money.Nok(1) < Foreign);
        Assert.Throws<InvalidOperationException>(() => Money.Nok(1).CompareTo(Foreign));
        Assert.NotEqual(Money.Nok(1), Foreign);
    }

    [Fact]
    public void Amounts_compare_by_size()
    {
        Assert.True(Money.Nok(1) < Money.Nok(2));
        Assert.True(Money.Nok(2) > Money.Nok(1));
        Assert.True(Money.Nok(2) <= Money.Nok(2));
        Assert.True(Money.Nok(2) >= Money.Nok(2));
        Assert.False(Money.Nok(3) <= Money.Nok(2));
        Assert.False(Money.Nok(1) >= Money.Nok(2));
    }

    [Fact]
    public void It_prints_its_unit_so_that_nobody_takes_øre_for_kroner() => Assert.Equal("49900 NOK minor units", $"{Money.Nok(49_900)}");

    [Fact]
    public void A_balance_tells_what_is_left_to_capture_and_to_refund()
    {
        var balance = new Balance(AuthorisedMinor: 1000, CapturedMinor: 300, CancelledMinor: 200, RefundedMinor: 100);

        Assert.Equal(500, balance.CapturableMinor);
        Assert.Equal(200, balance.RefundableMinor);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, true)]
    [InlineData(100, 60, 40, 60, true)]
    [InlineData(100, 61, 40, 0, false)]
    [InlineData(100, 50, 0, 51, false)]
    [InlineData(100, -1, 0, -1, false)]
    [InlineData(100, 0, -1, 0, false)]
    [InlineData(100, 10, 0, -1, false)]
    public void A_balance_holds_only_while_nothing_exceeds_what_it_came_from(long authorised, long captured, long cancelled, long refunded, bool holds) =>
        Assert.Equal(holds, new Balance(authorised, captured, cancelled, refunded).Holds);

    [Fact]
    public void A_balance_is_checked_arithmetic_too() =>
        Assert.Throws<OverflowException>(() => new Balance(long.MinValue, 1, 0, 0).CapturableMinor);
}
