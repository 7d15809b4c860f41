using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace PspGateway.BrowserTests.Browser;

/// <summary>One browser context, one tab, and what went on behind it.</summary>
internal sealed class Visit : IAsyncDisposable
{
    public const int MostBytes = 30_000;

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _troubles = new();

    private Visit(IBrowserContext context, IPage page, BrowserWorld world)
    {
        (_context, Page, World) = (context, page, world);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _troubles.Enqueue($"console: {message.Text}");
            }
        };
        page.PageError += (_, error) => _troubles.Enqueue($"script: {error}");
        page.Request += (_, request) => Note(request);
        page.Response += (_, response) =>
        {
            if (response.Status >= 500)
            {
                _troubles.Enqueue($"{response.Status}: {response.Url}");
            }
        };
    }

    public IPage Page { get; }

    public BrowserWorld World { get; }

    public static async Task<Visit> BeginAsync(IBrowserContext context, BrowserWorld world)
    {
        context.SetDefaultTimeout(15_000);
        context.SetDefaultNavigationTimeout(15_000);
        return new Visit(context, await context.NewPageAsync(), world);
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    /// <summary>Nothing wrong was written to the console, no script failed, nothing came from elsewhere, no answer was a 5xx.</summary>
    public void IsClean() => Assert.Empty(_troubles);

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = name });

    public Task<IResponse?> OpenAsync(Uri url) => Page.GotoAsync(url.AbsoluteUri);

    public Task SeesAsync(string text) => Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 15_000 });

    public Task SeesHeadingAsync(string text) => Assertions.Expect(Page.Locator("h1")).ToHaveTextAsync(text, new LocatorAssertionsToHaveTextOptions { Timeout = 15_000 });

    /// <summary>From the shop to the phone that shows the payment.</summary>
    public async Task OrderAsync(params string[] goods)
    {
        await OpenAsync(World.Shop);
        foreach (var good in goods)
        {
            await Link($"Add {good}").ClickAsync();
        }

        await Button("Pay with Vipps").ClickAsync();
        await SeesHeadingAsync("Pay with Vipps");
        await Button("Next").ClickAsync();
        await SeesHeadingAsync("Confirm payment");
    }

    /// <summary>Approves on the phone, and comes back to the shop.</summary>
    public async Task ApproveAsync()
    {
        await Button("Approve").ClickAsync();
        await SeesHeadingAsync("Payment approved");
        await Link("Continue to the shop").ClickAsync();
        await SeesHeadingAsync("Thank you for your order");
    }

    /// <summary>What the browser got of the page's own bytes, as it is.</summary>
    public async Task<int> WeightAsync(Uri url) => (await (await OpenAsync(url))!.BodyAsync()).Length;

    public async Task FitsTheScreenAsync()
    {
        var wide = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(wide <= 0, $"{Page.Url} is {wide} pixels too wide.");
    }

    private void Note(IRequest request)
    {
        var url = new Uri(request.Url);
        var isOurs = url.Scheme == "data" || url.Authority == World.GatewayUrl.Authority || url.Authority == World.SimulatorUrl.Authority;
        if (!isOurs || request.ResourceType is not ("document" or "eventsource" or "fetch" or "other" or "image") || (request.ResourceType == "image" && url.Scheme != "data"))
        {
            _troubles.Enqueue($"{request.ResourceType} from elsewhere: {request.Url}");
        }
    }
}
