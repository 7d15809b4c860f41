namespace PspGateway.Tests.Merchants;

public sealed class ReturnUrlTests
{
    [Theory]
    [InlineData("https://shop.example")]
    [InlineData("https://shop.example/")]
    [InlineData("https://SHOP.example/back")]
    [InlineData("https://shop.example:443/back")]
    [InlineData("https://shop.example/back?a=https://evil.example/#x@y")]
    [InlineData("http://localhost:8080/back")]
    [InlineData("shopapp://back")]
    [InlineData("shopapp:back")]
    public void An_address_of_the_merchants_own_is_taken(string url) =>
        Assert.Equal(new Uri(url).AbsoluteUri, ACreateCall.Valid().With("returnUrl", url).Parse().ReturnUrl);

    [Theory]
    [InlineData("https://evil.example/back")]
    [InlineData("https://shop.example.evil.example/back")]
    [InlineData("https://evilshop.example/back")]
    [InlineData("https://sub.shop.example/back")]
    [InlineData("https://shop.example:8443/back")]
    [InlineData("https://shop.example@evil.example/back")]
    [InlineData("//shop.example/back")]
    [InlineData("/back")]
    [InlineData("shop.example/back")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("otherapp://back")]
    [InlineData("ftp://shop.example/back")]
    public void An_address_of_somebody_else_is_named(string url) => ACreateCall.Valid().With("returnUrl", url).AssertNames("returnUrl");

    [Theory]
    [InlineData("https://user@shop.example/back")]
    [InlineData("https://user:password@shop.example/back")]
    public void An_address_with_a_user_in_it_is_named_even_where_it_is_registered(string url) =>
        ACreateCall.Valid().From("https://shop.example", "https://user@shop.example", "https://user:password@shop.example").With("returnUrl", url).AssertNames("returnUrl");

    [Theory]
    [InlineData("http://shop.example/back")]
    [InlineData("http://localhost.evil.example:8080/back")]
    public void Plain_http_is_for_this_machine_alone_even_where_it_is_registered(string url) =>
        ACreateCall.Valid().From("http://shop.example", "http://localhost.evil.example:8080").With("returnUrl", url).AssertNames("returnUrl");

    [Theory]
    [InlineData("https://shop.example/ba ck")]
    [InlineData(" https://shop.example/back")]
    [InlineData("https://shop.example/back\r\nSet-Cookie: a=b")]
    [InlineData("https://shop.example/ba\tck")]
    [InlineData("https://shop.example/back\u0000")]
    [InlineData("https://shop.example/å")]
    [InlineData("https://shop.example/\u202e")]
    [InlineData("")]
    public void An_address_with_characters_that_no_address_has_is_named(string url) => ACreateCall.Valid().With("returnUrl", url).AssertNames("returnUrl");

    [Fact]
    public void An_address_may_have_1024_characters()
    {
        var longest = "https://shop.example/" + new string('x', 1024 - "https://shop.example/".Length);

        Assert.Equal(longest, ACreateCall.Valid().With("returnUrl", longest).Parse().ReturnUrl);
        ACreateCall.Valid().With("returnUrl", longest + "x").AssertNames("returnUrl");
    }

    [Fact]
    public void A_merchant_without_registered_origins_has_no_address() => ACreateCall.Valid().From().AssertNames("returnUrl");

    [Fact]
    public void An_apps_own_scheme_may_be_registered_with_its_authority()
    {
        Assert.NotNull(ACreateCall.Valid().From("shopapp://back").With("returnUrl", "shopapp://back/to").Parse());
        ACreateCall.Valid().From("shopapp://back").With("returnUrl", "shopapp://elsewhere").AssertNames("returnUrl");
    }

    [Theory]
    [InlineData("shopapp:back")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https:shop.example")]
    [InlineData("mailto:someone@shop.example")]
    public void A_blank_origin_registers_nothing(string url) => ACreateCall.Valid().From("", "/", "https://", "https:").With("returnUrl", url).AssertNames("returnUrl");
}
