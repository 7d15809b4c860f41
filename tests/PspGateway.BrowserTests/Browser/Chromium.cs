using Microsoft.Playwright;
using PspGateway.BrowserTests.Browser;

[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace PspGateway.BrowserTests.Browser;

/// <summary>The Chromium of this machine, driven by Playwright. Nothing is downloaded; where there is none, the tests are skipped.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Named = "PSPGATEWAY_CHROMIUM";
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _missing;

    public async ValueTask InitializeAsync()
    {
        if (Find() is not { } path)
        {
            _missing = $"There is no Chromium on this machine. Install Debian's package chromium, or name one with {Named}.";
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,

            // Root has no sandbox, a container little shared memory; and a test asks nobody but the two servers.
            Args = [.. Environment.UserName == "root" ? (string[])["--no-sandbox"] : [], "--disable-dev-shm-usage", "--disable-background-networking", "--font-render-hinting=none"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>A browser of its own: no cookie, no cache of another visit.</summary>
    internal async Task<Visit> VisitAsync(BrowserWorld world, BrowserNewContextOptions? how = null)
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        how ??= new BrowserNewContextOptions();
        how.Locale ??= "en-GB";
        return await Visit.BeginAsync(await _browser!.NewContextAsync(how), world);
    }

    private static string? Find() => Environment.GetEnvironmentVariable(Named) is { Length: > 0 } named ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin")
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
}
