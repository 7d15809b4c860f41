using System.Text;
using System.Text.Json.Nodes;
using PspGateway.Domain.Cards;

namespace PspGateway.Tests.Vipps;

public sealed class MakePaymentCallTests
{
    [Fact]
    public void An_ordinary_call_is_read_whole()
    {
        var call = AMakePaymentCall.Accepted().Parse();

        Assert.Empty(call.Invalid);
        Assert.Equal(APayment.Id, call.Id?.Value);
        Assert.Equal("123456", call.Merchant?.Value);
        Assert.Equal("Accepted", $"{call.State}");
        Assert.Equal("492556", call.CardBin);
        Assert.Equal(ACardToken.Number, call.Token?.Number.Reveal());
        Assert.Equal(ACardToken.Proof, call.Token?.Cryptogram.Reveal());
        Assert.Equal(("2030-03", CardScheme.Visa, "07"), ($"{call.Token?.Expiry}", call.Token?.Scheme, call.Token?.Eci.Value));
    }

    [Fact]
    public void Members_that_nobody_knows_are_ignored()
    {
        var call = AMakePaymentCall.Accepted()
            .With("userToken", "eyJ")
            .With("somethingNew", new JsonObject { ["deep"] = new JsonArray(1, 2) })
            .With("networkToken.paymentAccountReference", "PAR")
            .Parse();

        Assert.Empty(call.Invalid);
        Assert.NotNull(call.Token);
    }

    [Theory]
    [InlineData("operations")]
    [InlineData("binNumber")]
    [InlineData("paymentInstrument")]
    public void What_Vipps_sometimes_leaves_out_is_not_missed(string member)
    {
        Assert.Empty(AMakePaymentCall.Accepted().Without(member).Parse().Invalid);
        Assert.Empty(AMakePaymentCall.Accepted().With(member, null).Parse().Invalid);
    }

    [Theory]
    [InlineData("pspTransactionId")]
    [InlineData("merchantSerialNumber")]
    [InlineData("paymentState")]
    [InlineData("networkToken")]
    [InlineData("networkToken.number")]
    [InlineData("networkToken.cryptogram")]
    [InlineData("networkToken.expiryMonth", "networkToken.expiryMonth or expiryYear")]
    [InlineData("networkToken.expiryYear", "networkToken.expiryMonth or expiryYear")]
    [InlineData("networkToken.tokenType")]
    [InlineData("networkToken.eci")]
    public void What_an_approval_cannot_do_without_is_named(string member, string? named = null)
    {
        foreach (var call in new[] { AMakePaymentCall.Accepted().Without(member).Parse(), AMakePaymentCall.Accepted().With(member, null).Parse(), AMakePaymentCall.Accepted().With(member, true).Parse() })
        {
            Assert.Equal([named ?? member], call.Invalid);
            Assert.True(call.Token is null || !member.StartsWith("networkToken", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Everything_that_is_wrong_is_named_at_once()
    {
        var call = AMakePaymentCall.Accepted().With("networkToken.number", "123").With("networkToken.eci", "seven").With("merchantSerialNumber", "12").Parse();

        Assert.Equal(["merchantSerialNumber", "networkToken.number", "networkToken.eci"], call.Invalid);
        Assert.Null(call.Token);
        Assert.Null(call.Merchant);
    }

    [Theory]
    [InlineData("ACCEPTED", "Accepted")]
    [InlineData("accepted", "Accepted")]
    [InlineData("TIMEOUT", "Timeout")]
    [InlineData("timeout", "Timeout")]
    [InlineData("USER_CANCEL", "UserCancel")]
    [InlineData("User_Cancel", "UserCancel")]
    [InlineData("CANCEL", "UserCancel")]
    [InlineData("YES", "Accepted")]
    [InlineData("NO", "No")]
    [InlineData("no", "No")]
    [InlineData("PERHAPS", "Unknown")]
    [InlineData("", "Unknown")]
    public void The_state_is_read_in_any_case_from_either_member(string word, string state)
    {
        Assert.Equal(state, $"{AMakePaymentCall.Accepted().With("paymentState", word).Parse().State}");
        Assert.Equal(state, $"{AMakePaymentCall.Accepted().Without("paymentState").With("confirmed", word).Parse().State}");
    }

    [Fact]
    public void The_old_member_counts_only_where_the_new_one_is_missing()
    {
        Assert.Equal("Timeout", $"{AMakePaymentCall.Accepted().With("paymentState", "TIMEOUT").With("confirmed", "YES").Parse().State}");
        Assert.Equal("Accepted", $"{AMakePaymentCall.Accepted().With("paymentState", null).With("confirmed", "YES").Parse().State}");
    }

    [Theory]
    [InlineData("\"PERHAPS\"")]
    [InlineData("\"\"")]
    [InlineData("true")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("\"\\ud800\"")]
    public void A_state_that_is_not_understood_is_never_an_approval_whatever_the_old_member_says(string state)
    {
        var json = AMakePaymentCall.Accepted().With("confirmed", "YES").ToJson().Replace("\"ACCEPTED\"", state, StringComparison.Ordinal);

        var call = AMakePaymentCall.Parse(json);

        Assert.Equal("Unknown", $"{call.State}");
        Assert.Equal(["paymentState"], call.Invalid);
        Assert.Null(call.Token);
    }

    [Theory]
    [InlineData("TIMEOUT")]
    [InlineData("USER_CANCEL")]
    [InlineData("NO")]
    public void Where_the_customer_did_not_approve_no_token_is_asked_for_or_kept(string word)
    {
        Assert.Empty(AMakePaymentCall.Bare().With("paymentState", word).Parse().Invalid);
        Assert.Null(AMakePaymentCall.Accepted().With("paymentState", word).Parse().Token);
        Assert.Empty(AMakePaymentCall.Accepted().With("paymentState", word).With("networkToken.number", "broken").Parse().Invalid);
    }

    [Fact]
    public void Numbers_may_come_as_strings_and_strings_as_numbers()
    {
        var call = AMakePaymentCall.Accepted()
            .With("merchantSerialNumber", 123456)
            .With("binNumber", 49255600)
            .With("networkToken.number", 5000000000000000001)
            .With("networkToken.expiryMonth", 3)
            .With("networkToken.expiryYear", 2030)
            .With("networkToken.eci", 7)
            .Parse();

        Assert.Empty(call.Invalid);
        Assert.Equal(("123456", "492556"), (call.Merchant?.Value, call.CardBin));
        Assert.Equal("5000000000000000001", call.Token?.Number.Reveal());
        Assert.Equal(("2030-03", "07"), ($"{call.Token?.Expiry}", call.Token?.Eci.Value));
    }

    [Theory]
    [InlineData("03", "30", "2030-03")]
    [InlineData("3", "2030", "2030-03")]
    [InlineData("05", "25", "2025-05")]
    public void A_year_has_two_or_four_digits(string month, string year, string expiry) =>
        Assert.Equal(expiry, $"{AMakePaymentCall.Accepted().With("networkToken.expiryMonth", month).With("networkToken.expiryYear", year).Parse().Token?.Expiry}");

    [Theory]
    [InlineData("VISA", CardScheme.Visa)]
    [InlineData("visa", CardScheme.Visa)]
    [InlineData("MASTERCARD", CardScheme.Mastercard)]
    [InlineData("MasterCard", CardScheme.Mastercard)]
    [InlineData("DANKORT", null)]
    [InlineData("", null)]
    public void Only_the_two_schemes_are_taken(string tokenType, CardScheme? scheme)
    {
        var call = AMakePaymentCall.Accepted().With("networkToken.tokenType", tokenType).Parse();

        Assert.Equal(scheme, call.Token?.Scheme);
        Assert.Equal(scheme is null ? ["networkToken.tokenType"] : [], call.Invalid);
    }

    [Theory]
    [InlineData("TOKEN", true)]
    [InlineData("token", true)]
    [InlineData("CARD", false)]
    public void Only_tokens_are_taken_as_instruments(string instrument, bool valid) =>
        Assert.Equal(valid ? [] : ["paymentInstrument"], AMakePaymentCall.Accepted().With("paymentInstrument", instrument).Parse().Invalid);

    [Theory]
    [InlineData("12345678", "123456")]
    [InlineData("123456", "123456")]
    [InlineData("12345", null)]
    [InlineData("123456789", null)]
    [InlineData("12345x", null)]
    public void A_bin_is_six_digits_or_none_and_never_a_reason_to_refuse(string bin, string? expected)
    {
        var call = AMakePaymentCall.Accepted().With("binNumber", bin).Parse();

        Assert.Equal(expected, call.CardBin);
        Assert.Empty(call.Invalid);
    }

    [Theory]
    [InlineData("""{"paymentState":"ACCEPTED",""", "duplicate member")]
    [InlineData("""{"somethingNew":1,"somethingNew":1,""", "duplicate member")]
    [InlineData("""{"\u0073omethingNew":1,"somethingNew":1,""", "duplicate member")]
    public void A_member_that_comes_twice_is_invalid(string beginning, string named)
    {
        var json = string.Concat(beginning, AMakePaymentCall.Accepted().ToJson().AsSpan(1));

        Assert.Contains(named, AMakePaymentCall.Parse(json).Invalid);
    }

    [Fact]
    public void A_token_with_a_member_that_comes_twice_is_invalid()
    {
        var json = AMakePaymentCall.Accepted().ToJson().Replace("\"networkToken\":{", "\"networkToken\":{\"number\":\"4111111111111111\",", StringComparison.Ordinal);

        var call = AMakePaymentCall.Parse(json);

        Assert.Equal(["networkToken, duplicate member"], call.Invalid);
        Assert.Null(call.Token);
    }

    [Theory]
    [InlineData("pspTransactionId")]
    [InlineData("merchantSerialNumber")]
    [InlineData("networkToken.cryptogram")]
    [InlineData("networkToken.number")]
    public void Half_a_character_in_a_value_makes_that_member_invalid(string member)
    {
        var json = AMakePaymentCall.Accepted().With(member, "HALF").ToJson().Replace("HALF", "\\ud800", StringComparison.Ordinal);

        Assert.Equal([member], AMakePaymentCall.Parse(json).Invalid);
    }

    // The runtime unescapes a member's name only when it may match the one looked for: names of many lengths and beginnings.
    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\ud800abc")]
    [InlineData("\\ud800abcdefghijkl")]
    [InlineData("paymentState\\ud800")]
    [InlineData("payment\\ud800")]
    [InlineData("e\\ud800")]
    [InlineData("confirm\\udc00ed")]
    [InlineData("\\udc00\\udc00\\udc00\\udc00\\udc00")]
    public void Half_a_character_in_a_name_is_never_an_approval_and_never_an_exception(string name)
    {
        foreach (var call in new[] { InRoot(AMakePaymentCall.Accepted()), InRoot(AMakePaymentCall.Bare().With("confirmed", "YES")), InToken() })
        {
            Assert.True(call is null || call.Invalid.Count > 0);
        }

        PspGateway.Vipps.Wire.MakePaymentCall? InRoot(AMakePaymentCall original) =>
            AMakePaymentCall.TryParse(Encoding.UTF8.GetBytes($"{{\"{name}\":1,{original.ToJson()[1..]}"));

        PspGateway.Vipps.Wire.MakePaymentCall? InToken() => AMakePaymentCall.TryParse(Encoding.UTF8.GetBytes(
            AMakePaymentCall.Accepted().ToJson().Replace("\"networkToken\":{", $"\"networkToken\":{{\"{name}\":1,", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"ACCEPTED\"")]
    [InlineData("1")]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{}x")]
    [InlineData("pspTransactionId=1")]
    public void What_is_no_object_is_not_read_at_all(string body) => Assert.Null(AMakePaymentCall.TryParse(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void An_empty_object_names_all_that_is_missing() =>
        Assert.Equal(["paymentState", "pspTransactionId", "merchantSerialNumber"], AMakePaymentCall.Parse("{}").Invalid);

    [Fact]
    public void What_is_not_UTF8_is_not_read_at_all()
    {
        var body = Encoding.UTF8.GetBytes(AMakePaymentCall.Accepted().With("somethingNew", "#").ToJson());
        body[Array.IndexOf(body, (byte)'#')] = 0xFF;

        Assert.Null(AMakePaymentCall.TryParse(body));
        Assert.Null(AMakePaymentCall.TryParse(Encoding.Unicode.GetBytes("{}")));
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(8, false)]
    [InlineData(5000, false)]
    public void What_nests_too_deeply_is_not_read_at_all(int arrays, bool read)
    {
        var json = $"{{\"somethingNew\":{new string('[', arrays)}{new string(']', arrays)},{AMakePaymentCall.Accepted().ToJson()[1..]}";

        Assert.Equal(read, AMakePaymentCall.TryParse(Encoding.UTF8.GetBytes(json)) is { Token: not null });
    }
}
