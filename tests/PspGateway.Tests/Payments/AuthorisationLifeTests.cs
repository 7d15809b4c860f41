using PspGateway.Domain.Cards;
using PspGateway.Payments;
using PspGateway.Storage.Queue;

namespace PspGateway.Tests.Payments;

public sealed class AuthorisationLifeTests
{
    [Theory]
    [InlineData("492500", CardScheme.Visa)]
    [InlineData("510000", CardScheme.Mastercard)]
    [InlineData("559999", CardScheme.Mastercard)]
    [InlineData("222100", CardScheme.Mastercard)]
    [InlineData("272099", CardScheme.Mastercard)]
    [InlineData("222099", null)]
    [InlineData("272100", null)]
    [InlineData("500000", null)]
    [InlineData("560000", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_first_digits_tell_the_scheme(string? bin, CardScheme? scheme) => Assert.Equal(scheme, CardSchemes.OfBin(bin));

    [Fact]
    public void A_capture_comes_before_the_end_of_its_schemes_life()
    {
        var life = new AuthorisationLifeOptions { Visa = TimeSpan.FromDays(7), Mastercard = TimeSpan.FromDays(28), CancelBefore = TimeSpan.FromHours(2) };
        var authorised = DateTimeOffset.UnixEpoch;

        Assert.Equal(authorised.AddDays(7).AddHours(-2), life.CaptureBefore(authorised, "492500"));
        Assert.Equal(authorised.AddDays(28).AddHours(-2), life.CaptureBefore(authorised, "522660"));
        Assert.Equal(authorised.AddDays(7).AddHours(-2), life.CaptureBefore(authorised, null));
    }

    [Fact]
    public void The_first_key_of_a_moment_is_between_those_of_payments_made_before_and_after_it()
    {
        var at = new DateTimeOffset(2026, 11, 23, 7, 30, 0, 123, TimeSpan.Zero);
        string[] keys = [.. new[] { Guid.CreateVersion7(at.AddMilliseconds(-1)), EndingAuthorisations.FirstKeyOf(at), Guid.CreateVersion7(at) }.Select(key => key.ToString("N"))];

        Assert.Equal(keys, keys.Order(StringComparer.Ordinal));
    }
}
