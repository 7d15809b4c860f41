using System.Text.Json;
using Microsoft.Playwright;

namespace PspGateway.BrowserTests.Browser;

/// <summary>Somebody with a keyboard and nothing else.</summary>
internal sealed class Keys(IPage page)
{
    private const int MostTabs = 60;

    /// <summary>Asked in one go: a page may turn by itself between two questions.</summary>
    private const string Look = "e => ({ there: e === document.activeElement, outline: document.activeElement === document.body ? 'the page itself' : getComputedStyle(document.activeElement).outlineStyle })";

    /// <summary>Tabs on until it has the focus, and looks that every stop on the way shows it.</summary>
    public async Task FocusAsync(ILocator wanted)
    {
        await page.WaitForLoadStateAsync();
        for (var tab = 0; tab < MostTabs; tab++)
        {
            await page.Keyboard.PressAsync("Tab");
            var seen = await wanted.EvaluateAsync<JsonElement>(Look);
            Assert.True(seen.GetProperty("outline").GetString() != "none", $"On {page.Url} something has the focus and does not show it.");
            if (seen.GetProperty("there").GetBoolean())
            {
                return;
            }
        }

        Assert.Fail($"{wanted} cannot be reached by keyboard on {page.Url}.");
    }

    public async Task PressOnAsync(ILocator wanted)
    {
        await FocusAsync(wanted);
        await page.Keyboard.PressAsync("Enter");
    }
}
