using System.Net;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class ReturnPageTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Theory]
    [InlineData("nb-NO,nb;q=0.9", "Betalingen er godkjent", 49900)]
    [InlineData("en-GB", "The payment is approved", 49900)]
    [InlineData("en-GB", "The payment was not completed", 900500)]
    public async Task A_decided_payment_is_told_in_words_and_goes_on_to_the_merchant(string language, string title, long amount)
    {
        var payment = await world.Merchant.CreateAsync(amount);
        await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) != "CREATED");

        var (status, html) = await OpenAsync(payment.PspTransactionId, language);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains($"<h1>{title}</h1>", html, StringComparison.Ordinal);
        Assert.Contains("href=\"https://shop.example/back\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_undecided_payment_waits_by_refreshing_and_sends_nobody_on()
    {
        var payment = await world.Merchant.CreateAsync();

        var (_, html) = await OpenAsync(payment.PspTransactionId, "en");

        Assert.Contains("http-equiv=\"refresh\" content=\"1\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("shop.example", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("..%2f..%2fetc")]
    public async Task An_unknown_link_is_a_friendly_404(string reference)
    {
        using var response = await world.Http.GetAsync(new Uri(world.GatewayUrl, $"return/{reference}"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("<h1>", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Html)> OpenAsync(string pspTransactionId, string language)
    {
        var url = (await world.Vipps.PaymentAsync(pspTransactionId))["pspRedirectUrl"]!.GetValue<string>();
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Accept-Language", language);
        using var response = await world.Http.SendAsync(request);
        return (response.StatusCode, WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()));
    }
}
