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
        Assert.Equal(amount == 49_900, html.Contains("http-equiv=\"refresh\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_undecided_payment_waits_without_script_by_refreshing_and_sends_nobody_on()
    {
        var payment = await world.Merchant.CreateAsync();

        var (_, html) = await OpenAsync(payment.PspTransactionId, "en");

        Assert.Contains("<noscript><meta http-equiv=\"refresh\" content=\"1\"></noscript>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("shop.example", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(900600, "Oppdater kortet")]
    [InlineData(901200, "ikke er nok penger")]
    public async Task A_refusal_says_what_the_person_can_do(long amount, string advice)
    {
        var payment = await world.Merchant.CreateAsync(amount);
        await world.Vipps.PostAsync(payment.PspTransactionId);

        var (_, html) = await OpenAsync(payment.PspTransactionId, "nb");

        Assert.Contains(advice, html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_page_is_told_when_the_payment_is_decided()
    {
        var payment = await world.Merchant.CreateAsync();
        var page = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["pspRedirectUrl"]!.GetValue<string>();
        using var response = await world.Http.GetAsync(new Uri($"{page}/live"), HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("event: waiting", await events.ReadLineAsync());

        await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Contains("event: decided", await events.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_waits_for_an_unknown_payment_is_told_to_look_again()
    {
        var events = await world.Http.GetStringAsync(new Uri(world.GatewayUrl, $"return/{new string('A', 32)}/live"));

        Assert.Contains("event: decided", events, StringComparison.Ordinal);
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
