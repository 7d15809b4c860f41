using PspGateway.Vipps.Wire;

namespace PspGateway.Tests.Vipps;

public sealed class VippsErrorTests
{
    private const string NoReason = "Vipps gave no reason.";

    [Theory]
    [InlineData("customerMobileNumber 91234567 is not valid", "customerMobileNumber **** is not valid")]
    [InlineData("order 1234567 is known", "order 1234567 is known")]
    public void A_number_that_Vipps_quotes_is_masked(string text, string shown) =>
        Assert.Equal(shown, VippsError.Parse($$"""[{"errorCode":"51","errorMessage":"{{text}}"}]""").Text);

    [Theory]
    [InlineData("""[{"errorCode":"44","errorMessage":"It exists","contextId":"c-1"}]""", "44", "It exists", "c-1")]
    [InlineData("""[{"errorCode":"makePaymentUrl","errorMessage":"Not valid"},{"errorCode":"99","errorMessage":"Second"}]""", "makePaymentUrl", "Not valid", null)]
    [InlineData("""[{"errorCode":44,"errorMessage":"As a number"}]""", "44", "As a number", null)]
    [InlineData("""{"type":"about:blank","title":"Bad Request","status":"400","detail":"amount is missing","traceId":"t-1"}""", null, "amount is missing", "t-1")]
    [InlineData("""{"title":"Bad Request","status":400}""", null, "Bad Request", null)]
    [InlineData("""{"statusCode":401,"message":"Access denied due to invalid subscription key."}""", null, "Access denied due to invalid subscription key.", null)]
    [InlineData("""{"responseInfo":{"responseCode":"1000","responseMessage":"Something"}}""", "1000", "Something", null)]
    [InlineData("""{"responseInfo":{"responseCode":1000}}""", "1000", NoReason, null)]
    [InlineData("""{"developerMsg":"details","errorCode":"51","errorField":"amount","errorKey":"k","errorMessage":"Old shape"}""", "51", "Old shape", null)]
    [InlineData("""{"developerMsg":"details","errorCode":"51"}""", "51", "details", null)]
    public void Each_shape_that_Vipps_uses_gives_its_code_and_text(string body, string? code, string text, string? contextId) =>
        Assert.Equal(new VippsError(code, text, contextId), VippsError.Parse(body));

    [Theory]
    [InlineData("")]
    [InlineData("<html><body>502 Bad Gateway</body></html>")]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData("[\"44\"]")]
    [InlineData("null")]
    [InlineData("44")]
    [InlineData("{}")]
    [InlineData("[{}]")]
    [InlineData("{\"errorMessage\":null,\"errorCode\":null}")]
    [InlineData("{\"responseInfo\":{}}")]
    [InlineData("{\"errorMessage\":\"\"}")]
    [InlineData("{\"errorMessage\":\"\\ud800\"}")]
    [InlineData("{\"errorCode\":\"44\",")]
    public void What_says_nothing_gives_no_code_and_our_own_text(string body)
    {
        var error = VippsError.Parse(body);

        Assert.Null(error.Code);
        Assert.Equal(NoReason, error.Text);
    }

    [Fact]
    public void A_long_text_is_cut()
    {
        var text = VippsError.Parse($$"""{"errorMessage":"{{new string('x', 5000)}}"}""").Text;

        Assert.Equal(new string('x', 300), text);
    }

    [Fact]
    public void What_nests_without_end_says_nothing() => Assert.Equal(NoReason, VippsError.Parse(new string('[', 10_000)).Text);
}
