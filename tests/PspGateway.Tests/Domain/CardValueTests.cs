using PspGateway.Domain.Cards;

namespace PspGateway.Tests.Domain;

public sealed class CardValueTests
{
    [Theory]
    [InlineData("3", "30", 2030, 3)]
    [InlineData("03", "2030", 2030, 3)]
    [InlineData("12", "2199", 2199, 12)]
    [InlineData("1", "00", 2000, 1)]
    public void An_expiry_has_a_month_and_a_year_of_two_or_four_digits(string month, string year, int expectedYear, int expectedMonth)
    {
        Assert.True(TokenExpiry.TryCreate(month, year, out var expiry));
        Assert.Equal((expectedYear, expectedMonth), (expiry.Year, expiry.Month));
    }

    [Fact]
    public void An_expiry_in_the_past_is_kept_since_only_the_acquirer_may_refuse_it()
    {
        Assert.True(TokenExpiry.TryCreate("05", "25", out var expiry));
        Assert.Equal("2025-05", $"{expiry}");
    }

    [Theory]
    [InlineData(null, "30")]
    [InlineData("03", null)]
    [InlineData("", "30")]
    [InlineData("0", "30")]
    [InlineData("13", "30")]
    [InlineData("003", "30")]
    [InlineData("-3", "30")]
    [InlineData("3.", "30")]
    [InlineData("03", "")]
    [InlineData("03", "3")]
    [InlineData("03", "203")]
    [InlineData("03", "20300")]
    [InlineData("03", "+30")]
    [InlineData("03", "1999")]
    [InlineData("03", "2200")]
    [InlineData("03", "0030")]
    [InlineData("٣", "30")]
    public void Anything_else_is_no_expiry(string? month, string? year) => Assert.False(TokenExpiry.TryCreate(month, year, out _));

    [Theory]
    [InlineData("7", "07")]
    [InlineData("07", "07")]
    [InlineData("06", "06")]
    [InlineData("0", "00")]
    public void An_ECI_of_one_digit_is_padded(string text, string expected)
    {
        Assert.True(Eci.TryCreate(text, out var eci));
        Assert.Equal(expected, eci.Value);
        Assert.Equal(expected, $"{eci}");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("007")]
    [InlineData("x7")]
    [InlineData(" 7")]
    [InlineData("٧")]
    public void Anything_else_is_no_ECI(string? text)
    {
        Assert.False(Eci.TryCreate(text, out var eci));
        Assert.Throws<InvalidOperationException>(() => eci.Value);
    }

    [Theory]
    [InlineData("123456789012")]
    [InlineData("50000000000000")]
    [InlineData("5000000000000000001")]
    public void A_network_token_has_12_to_19_digits_and_no_check_digit_is_asked_for(string text)
    {
        Assert.True(NetworkToken.TryCreate(text, out var token));
        Assert.Equal(text, token!.Reveal());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12345678901")]
    [InlineData("12345678901234567890")]
    [InlineData("4895 3700 1319 3500")]
    [InlineData("489537001319350x")]
    [InlineData("٤٨٩٥٣٧٠٠١٣١٩٣٥٠٠")]
    public void Anything_else_is_no_network_token(string? text)
    {
        Assert.False(NetworkToken.TryCreate(text, out var token));
        Assert.Null(token);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("aFgdgjdkfgjdFDF=")]
    [InlineData("not base64 at all, but for the blanks", false)]
    [InlineData("!~!~!~!~")]
    public void A_cryptogram_is_opaque_but_printable(string text, bool valid = true)
    {
        Assert.Equal(valid, Cryptogram.TryCreate(text, out var cryptogram));
        Assert.Equal(valid ? text : null, cryptogram?.Reveal());
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(Cryptogram.MaxLength, true)]
    [InlineData(Cryptogram.MaxLength + 1, false)]
    [InlineData(0, false)]
    public void A_cryptogram_has_a_longest_length(int length, bool valid) => Assert.Equal(valid, Cryptogram.TryCreate(new string('A', length), out _));

    [Theory]
    [InlineData(null)]
    [InlineData("AAAA\nAAAA")]
    [InlineData("AAAA\u007f")]
    [InlineData("AAAAå")]
    [InlineData("AAAA\0")]
    public void A_cryptogram_that_could_break_a_line_is_refused(string? text) => Assert.False(Cryptogram.TryCreate(text, out _));
}
