using System.Net;
using System.Security.Cryptography;
using Microsoft.Playwright;
using PspGateway.BrowserTests.Browser;

namespace PspGateway.BrowserTests;

public sealed class ReturnTests(BrowserWorld world, Chromium chromium) : IClassFixture<BrowserWorld>
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private const int Tries = 100;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_returns_in_another_browser_waits_and_goes_on_to_the_shop_once_it_is_decided(bool script)
    {
        var (payment, link) = await world.AnOpenPaymentAsync();
        await using var other = await chromium.VisitAsync(world, new BrowserNewContextOptions { JavaScriptEnabled = script });
        await other.OpenAsync(new Uri(link));
        await other.SeesHeadingAsync("Just a moment");

        await world.Vipps.PostAsync(payment.PspTransactionId);

        await other.Page.WaitForURLAsync(world.Shop.AbsoluteUri);
        other.IsClean();
    }

    [Fact]
    public async Task A_page_that_waits_for_a_refusal_tells_it_without_being_touched()
    {
        var (payment, link) = await world.AnOpenPaymentAsync(901_200);
        await using var visit = await chromium.VisitAsync(world, new BrowserNewContextOptions { Locale = "nb-NO" });
        await visit.OpenAsync(new Uri(link));
        await visit.SeesHeadingAsync("Et øyeblikk");

        await world.Vipps.PostAsync(payment.PspTransactionId);

        await visit.SeesHeadingAsync("Betalingen ble ikke gjennomført");
        await visit.SeesAsync("ikke er nok penger på kontoen");
        visit.IsClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_page_that_cannot_be_made_now_says_so_tries_again_by_itself_and_waits_on(bool phone)
    {
        var (_, link) = await world.AnOpenPaymentAsync();
        await using var visit = await chromium.VisitAsync(world, phone ? Screens.Phone() : Screens.Desktop());
        await visit.OpenAsync(new Uri(link));
        await visit.SeesAsync("We are waiting for the answer to your payment.");

        world.Line.Break();
        try
        {
            await visit.SeesAsync("We cannot look your payment up right now.");
            await Assertions.Expect(visit.Link("Try again")).ToHaveCountAsync(1);
            await visit.FitsTheScreenAsync();
        }
        finally
        {
            world.Line.ComeBack();
        }

        await visit.SeesAsync("We are waiting for the answer to your payment.");
    }

    [Theory]
    [InlineData("return")]
    [InlineData("3ds")]
    public async Task A_hundred_wrong_links_are_one_and_the_same_friendly_404(string path)
    {
        var (payment, forgotten, _) = await world.AStepUpAsync();
        await world.LetTimePassAsync(payment, "1 day");
        var pages = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Tries; i++)
        {
            // Every second one has the right length.
            var id = i == 0 ? forgotten.Segments[^1] : RandomNumberGenerator.GetString(Letters, i % 2 == 0 ? 32 : RandomNumberGenerator.GetInt32(1, 200));
            using var response = await world.Http.GetAsync(new Uri(world.GatewayUrl, $"{path}/{id}"));
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            pages.Add(await response.Content.ReadAsStringAsync());
        }

        Assert.Contains("<h1>", Assert.Single(pages), StringComparison.Ordinal);
    }
}
