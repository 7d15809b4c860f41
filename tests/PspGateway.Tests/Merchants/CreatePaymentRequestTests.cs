using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PspGateway.Domain;
using PspGateway.Domain.Payments;
using PspGateway.Merchants.Wire;

namespace PspGateway.Tests.Merchants;

public sealed class CreatePaymentRequestTests
{
    [Fact]
    public void A_good_call_is_read_whole()
    {
        var call = ACreateCall.Valid().WithJson("metadata", """{"cart":"17","size":"XL"}""").Parse();

        Assert.Equal(Money.Nok(49_900), call.Amount);
        Assert.Equal(("order-0001", UserFlow.WebRedirect), (call.Reference.Value, call.UserFlow));
        Assert.Equal("https://shop.example/back?order=1", call.ReturnUrl);
        Assert.Equal("98765432", call.PhoneNumber);
        Assert.Equal("One pair of socks", call.Description);
        Assert.Equal("""{"cart":"17","size":"XL"}""", call.MetadataJson);
    }

    [Theory]
    [InlineData("customer")]
    [InlineData("customer.phoneNumber")]
    [InlineData("paymentDescription")]
    public void What_may_be_absent_may_be_null_too(string member)
    {
        Assert.NotNull(ACreateCall.Valid().Without(member).Parse());
        Assert.NotNull(ACreateCall.Valid().With(member, null).Parse());
    }

    [Fact]
    public void Members_that_nobody_knows_are_ignored() =>
        Assert.NotNull(ACreateCall.Valid().With("somethingNew", 1).With("amount.somethingNew", "x").With("expiresAt", null).Parse());

    [Theory]
    [InlineData("amount")]
    [InlineData("amount.currency")]
    [InlineData("amount.value")]
    [InlineData("paymentMethod")]
    [InlineData("paymentMethod.type")]
    [InlineData("userFlow")]
    [InlineData("reference")]
    [InlineData("returnUrl")]
    public void What_must_be_there_is_named(string member)
    {
        ACreateCall.Valid().Without(member).AssertNames(member);
        ACreateCall.Valid().With(member, null).AssertNames(member);
        ACreateCall.Valid().With(member, true).AssertNames(member);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(65_000_000)]
    public void Amounts_at_the_bounds_are_taken(long value) => Assert.Equal(value, ACreateCall.Valid().With("amount.value", value).Parse().Amount.MinorUnits);

    [Theory]
    [InlineData("99")]
    [InlineData("65000001")]
    [InlineData("0")]
    [InlineData("-100")]
    [InlineData("100.5")]
    [InlineData("\"49900\"")]
    [InlineData("9223372036854775808")]
    public void An_amount_out_of_bounds_or_no_integer_is_named(string value) => ACreateCall.Valid().WithJson("amount.value", value).AssertNames("amount.value");

    [Theory]
    [InlineData("SEK")]
    [InlineData("nok")]
    [InlineData("")]
    public void A_currency_other_than_NOK_is_named(string currency) => ACreateCall.Valid().With("amount.currency", currency).AssertNames("amount.currency");

    [Theory]
    [InlineData("CARD")]
    [InlineData("wallet")]
    public void A_method_other_than_the_wallet_is_named(string type) => ACreateCall.Valid().With("paymentMethod.type", type).AssertNames("paymentMethod.type");

    [Theory]
    [InlineData("WEB_REDIRECT", UserFlow.WebRedirect)]
    [InlineData("NATIVE_REDIRECT", UserFlow.NativeRedirect)]
    [InlineData("PUSH_MESSAGE", UserFlow.PushMessage)]
    public void Three_flows_are_taken(string name, UserFlow flow) => Assert.Equal(flow, ACreateCall.Valid().With("userFlow", name).Parse().UserFlow);

    [Theory]
    [InlineData("QR")]
    [InlineData("web_redirect")]
    [InlineData("1")]
    public void Any_other_flow_is_named(string flow) => ACreateCall.Valid().With("userFlow", flow).AssertNames("userFlow");

    [Fact]
    public void What_is_not_supported_is_named()
    {
        ACreateCall.Valid().With("expiresAt", "2030-01-01T00:00:00Z").AssertNames("expiresAt");
        ACreateCall.Valid().WithJson("qrFormat", "{}").AssertNames("qrFormat");
        ACreateCall.Valid().With("customer.personalQr", "x").AssertNames("customer.personalQr");
        ACreateCall.Valid().With("customer.customerToken", "x").AssertNames("customer.customerToken");
    }

    [Theory]
    [InlineData("4512345678")]
    [InlineData("98765432")]
    [InlineData("+4798765432")]
    [InlineData("004798765432")]
    [InlineData("479876543")]
    [InlineData("47987654321")]
    [InlineData("479876543x")]
    [InlineData("47 9876543")]
    public void A_phone_number_outside_Norway_is_named(string number) => ACreateCall.Valid().With("customer.phoneNumber", number).AssertNames("customer.phoneNumber");

    [Fact]
    public void A_push_message_needs_a_phone_number()
    {
        ACreateCall.Valid().With("userFlow", "PUSH_MESSAGE").Without("customer").AssertNames("customer.phoneNumber");
        ACreateCall.Valid().With("userFlow", "PUSH_MESSAGE").WithJson("customer", "{}").AssertNames("customer.phoneNumber");
    }

    [Fact]
    public void Only_a_web_redirect_needs_a_return_url()
    {
        ACreateCall.Valid().With("userFlow", "WEB_REDIRECT").Without("returnUrl").AssertNames("returnUrl");
        Assert.Null(ACreateCall.Valid().With("userFlow", "PUSH_MESSAGE").Without("returnUrl").Parse().ReturnUrl);
    }

    [Theory]
    [InlineData("1234567")]
    [InlineData("order_0001")]
    [InlineData("order 0001")]
    [InlineData("")]
    public void A_reference_that_Vipps_would_not_take_is_named(string reference) => ACreateCall.Valid().With("reference", reference).AssertNames("reference");

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_description_has_3_to_100_characters(int length, bool valid)
    {
        var call = ACreateCall.Valid().With("paymentDescription", new string('å', length));
        if (valid)
        {
            Assert.Equal(length, call.Parse().Description?.Length);
            return;
        }

        call.AssertNames("paymentDescription");
    }

    [Theory]
    [InlineData("A\u0000B")]
    [InlineData("A\u001bB")]
    public void A_description_with_control_characters_is_named(string text) => ACreateCall.Valid().With("paymentDescription", text).AssertNames("paymentDescription");

    [Theory]
    [InlineData("paymentDescription")]
    [InlineData("reference")]
    [InlineData("returnUrl")]
    [InlineData("customer.phoneNumber")]
    public void Half_a_character_is_named(string member)
    {
        var json = ACreateCall.Valid().With(member, "HALF").ToJson().Replace("HALF", "abcdefgh\\ud800ij", StringComparison.Ordinal);

        Assert.Equal(member, Assert.Throws<InvalidFieldException>(() => ACreateCall.Valid().Parse(json)).Field);
    }

    [Fact]
    public void Metadata_within_its_limits_is_kept_as_it_came()
    {
        var metadata = Pairs(5, new string('k', 99), new string('v', 500));

        Assert.Equal(metadata.ToJsonString(), ACreateCall.Valid().With("metadata", metadata).Parse().MetadataJson);
        Assert.Null(ACreateCall.Valid().WithJson("metadata", "{}").Parse().MetadataJson);
    }

    [Fact]
    public void Metadata_beyond_its_limits_is_named()
    {
        ACreateCall.Valid().With("metadata", Pairs(6, "k", "v")).AssertNames("metadata");
        ACreateCall.Valid().With("metadata", Pairs(1, new string('k', 100), "v")).AssertNames("metadata");
        ACreateCall.Valid().With("metadata", Pairs(1, "k", new string('v', 501))).AssertNames("metadata");
        ACreateCall.Valid().WithJson("metadata", """{"a":1}""").AssertNames("metadata");
        ACreateCall.Valid().WithJson("metadata", """["a"]""").AssertNames("metadata");
        ACreateCall.Valid().WithJson("metadata", """{"a":"\u0000"}""").AssertNames("metadata");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":{\"b\":1,\"\\u0062\":2}}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"a\":[[[[[[[[[]]]]]]]]]}")]
    public void What_is_no_proper_object_is_refused_as_a_whole(string json) =>
        Assert.ThrowsAny<JsonException>(() => ACreateCall.Valid().Parse(json));

    [Fact]
    public void What_is_not_UTF8_is_refused_as_a_whole() =>
        Assert.ThrowsAny<JsonException>(() => CreatePaymentRequest.Parse(Encoding.Latin1.GetBytes(ACreateCall.Valid().With("somethingNew", "#").ToJson().Replace('#', 'å')), []));

    // Names get their number behind them, so that they differ.
    private static JsonObject Pairs(int count, string name, string value)
    {
        var pairs = new JsonObject();
        for (var i = 0; i < count; i++)
        {
            pairs[$"{name}{i}"] = value;
        }

        return pairs;
    }
}
