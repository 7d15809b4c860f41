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
