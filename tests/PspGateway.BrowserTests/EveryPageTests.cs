using System.Net;
using Microsoft.Playwright;
using PspGateway.BrowserTests.Browser;
using PspGateway.IntegrationTests.World;

namespace PspGateway.BrowserTests;

/// <summary>What holds of every page: its weight, where it loads from, and that it can be used by everybody.</summary>
public sealed class EveryPageTests(BrowserWorld world, Chromium chromium) : IClassFixture<BrowserWorld>
{
    private const string Pictures = "PSPGATEWAY_SCREENSHOTS";

    [Fact]
    public async Task Every_page_weighs_less_than_30_kB_loads_nothing_from_elsewhere_and_fits_a_phone()
    {
        await using var visit = await chromium.VisitAsync(world, Screens.Phone());
        foreach (var (name, url) in await EveryPage.OfAsync(world, visit))
        {
            var weight = await visit.WeightAsync(url);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {weight} bytes");
            Assert.True(weight < Visit.MostBytes, $"{name} weighs {weight} bytes.");
            await visit.FitsTheScreenAsync();
        }
    }

    [Fact]
    public async Task The_board_and_the_books_stay_light_however_much_has_happened()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, 1_000_000);
        for (var part = 0; part < 9; part++)
        {
            Assert.Equal(HttpStatusCode.OK, (await world.Merchant.ModifyAsync(payment.Reference, "capture", 10_000)).Status);
            await world.Merchant.AuthorisedAsync(world.Vipps);
        }

        foreach (var path in new[] { $"board/{payment.Reference}", "books", $"books?pspTransactionId={payment.PspTransactionId}" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(world.SimulatorUrl, path));
            request.Headers.Accept.ParseAdd("text/html");
            using var response = await world.Http.SendAsync(request);
            Assert.InRange((await response.Content.ReadAsByteArrayAsync()).Length, 8_000, Visit.MostBytes);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Axe_finds_nothing_to_mend_on_any_page(bool phone)
    {
        var folder = Npm.Folder("npm-axe");
        var file = Path.Combine(folder, "node_modules", "axe-core", "axe.min.js");
        var problem = await Npm.FetchAsync(folder, ["axe-core@4.10.3"], file);
        Assert.SkipWhen(problem is not null, problem ?? "");
        var how = phone ? Screens.Phone() : Screens.Desktop();
        how.BypassCSP = true;
        await using var visit = await chromium.VisitAsync(world, how);
        var axe = await File.ReadAllTextAsync(file);
        var found = new List<string>();
        foreach (var (name, url) in await EveryPage.OfAsync(world, visit))
        {
            await visit.OpenAsync(url);
            await visit.Page.EvaluateAsync("document.querySelectorAll('details').forEach(e => e.open = true)");
            await visit.Page.EvaluateAsync(axe);
            var violations = await visit.Page.EvaluateAsync<string[]>(
                "async () => (await axe.run()).violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120) + ' ' + n.any.concat(n.all).map(c => c.message).join(' ')).slice(0, 3).join(' | '))");
            found.AddRange(violations.Select(violation => $"{name}: {violation}"));
        }

        Assert.Empty(found);
    }

    [Fact]
    public async Task Pictures_of_every_page_can_be_made_anew()
    {
        var folder = Environment.GetEnvironmentVariable(Pictures);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"{Pictures} names no folder to put them into.");
        Directory.CreateDirectory(folder!);
        foreach (var (size, how) in new[] { ("desktop", Screens.Desktop()), ("phone", Screens.Phone()) })
        {
            await using var visit = await chromium.VisitAsync(world, how);
            foreach (var (name, url) in await EveryPage.OfAsync(world, visit))
            {
                await visit.OpenAsync(url);
                await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder!, $"{name}-{size}.png"), FullPage = name is "board" or "receipt" or "message", Animations = ScreenshotAnimations.Disabled });
            }
        }
    }
}
