using Microsoft.AspNetCore.Http;
using PspGateway.Vipps;

namespace PspGateway.Tests.Vipps;

public sealed class MakePaymentAuthenticationTests
{
    [Theory]
    [InlineData("abc.def.ghi", "abc.def.ghi")]
    [InlineData("Bearer abc.def.ghi", "abc.def.ghi")]
    [InlineData("bearer abc.def.ghi", "abc.def.ghi")]
    [InlineData("", null)]
    [InlineData("Bearer ", null)]
    public void The_token_is_the_header_with_or_without_the_scheme_word(string header, string? token) => Assert.Equal(token, TokenOf(header));

    [Fact]
    public void No_header_or_two_of_them_is_no_token()
    {
        Assert.Null(MakePaymentAuthentication.TokenOf(new DefaultHttpContext().Request));
        Assert.Null(TokenOf("a.b.c", "a.b.c"));
    }

    [Fact]
    public void A_header_longer_than_any_token_of_ours_is_not_looked_at()
    {
        Assert.NotNull(TokenOf(new string('x', 255)));
        Assert.Null(TokenOf(new string('x', 256)));
    }

    private static string? TokenOf(params string[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Authorization = headers;
        return MakePaymentAuthentication.TokenOf(context.Request);
    }
}
