using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;

namespace PspGateway.Tests.Domain;

public sealed class IdTests
{
    [Theory]
    [InlineData("1234")]
    [InlineData("123456")]
    [InlineData("0123456789")]
    public void A_merchant_serial_number_has_four_to_ten_digits(string text)
    {
        Assert.True(MerchantSerialNumber.TryParse(text, out var number));
        Assert.Equal(text, number.Value);
        Assert.Equal(text, $"{number}");
        Assert.Equal(number, MerchantSerialNumber.Parse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("123")]
    [InlineData("12345678901")]
    [InlineData("12345a")]
    [InlineData(" 12345")]
    [InlineData("-12345")]
    [InlineData("١٢٣٤٥٦")]
    public void Anything_else_is_no_merchant_serial_number(string? text)
    {
        Assert.False(MerchantSerialNumber.TryParse(text, out var number));
        Assert.Throws<FormatException>(() => MerchantSerialNumber.Parse(text!));
        Assert.Throws<InvalidOperationException>(() => number.Value);
    }

    [Fact]
    public void A_pspTransactionId_is_its_key_as_32_hex_digits()
    {
        var id = new PspTransactionId(APayment.Id);

        Assert.Equal("0199a3c4d5e67f8091a2b3c4d5e6f708", $"{id}");
        Assert.Equal(id, PspTransactionId.Parse($"{id}"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0199a3c4d5e67f8091a2b3c4d5e6f70")]
    [InlineData("0199a3c4d5e67f8091a2b3c4d5e6f7080")]
    [InlineData("0199A3C4D5E67F8091A2B3C4D5E6F708")]
    [InlineData("0199a3c4d5e67f8091a2b3c4d5e6f70g")]
    [InlineData("0199a3c4-d5e6-7f80-91a2-b3c4d5e6f708")]
    [InlineData(" 199a3c4d5e67f8091a2b3c4d5e6f708")]
    public void Anything_else_is_no_pspTransactionId(string? text)
    {
        Assert.False(PspTransactionId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => PspTransactionId.Parse(text!));
    }

    [Theory]
    [InlineData("abcdefgh")]
    [InlineData("AZaz-09-")]
    [InlineData("--------")]
    [InlineData("01234567890123456789012345678901234567890123456789")]
    public void A_reference_has_8_to_50_letters_digits_and_hyphens(string text)
    {
        Assert.True(MerchantOrderId.TryParse(text, out var id));
        Assert.Equal(text, id.Value);
        Assert.Equal(text, $"{id}");
        Assert.Equal(id, MerchantOrderId.Parse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("abcdefg")]
    [InlineData("012345678901234567890123456789012345678901234567890")]
    [InlineData("order_0001")]
    [InlineData("order 0001")]
    [InlineData("bestillingå1")]
    [InlineData("order-0001\n")]
    public void Anything_else_is_no_reference(string? text)
    {
        Assert.False(MerchantOrderId.TryParse(text, out var id));
        Assert.Throws<FormatException>(() => MerchantOrderId.Parse(text!));
        Assert.Throws<InvalidOperationException>(() => id.Value);
    }
}
