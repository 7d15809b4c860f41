using PspGateway.IntegrationTests.World;

namespace PspGateway.BrowserTests.Browser;

/// <summary>An address of each page that a person may see, in the state that its name says.</summary>
internal static class EveryPage
{
    public static async Task<IReadOnlyList<(string Name, Uri Url)>> OfAsync(BrowserWorld world, Visit visit)
    {
        await visit.OrderAsync("Brown cheese");
        var cancelled = visit.Page.Url;
        await visit.Button("Cancel").ClickAsync();
        await visit.SeesHeadingAsync("Payment cancelled");
        await visit.OrderAsync("Sourdough with barley", "Cinnamon buns", "Coffee, roasted light");
        var approved = visit.Page.Url;
        await visit.ApproveAsync();
        var order = visit.Page.Url;
        await visit.Button("Hand over the goods, and capture").ClickAsync();
        await visit.SeesHeadingAsync("Enjoy your meal");
        await visit.OpenAsync(world.SimulatorUrl);
        await visit.SeesAsync("CAPTURE 334,00 kr: success.");
        var message = await visit.Page.Locator(".wire>a").First.GetAttributeAsync("href");

        // The newest payment's board would turn to the next one while the test opens another page.
        await visit.Page.GotoAsync("about:blank");
        var (open, waiting) = await world.AnOpenPaymentAsync();
        var (refused, refusal) = await world.AnOpenPaymentAsync(901_200);
        await world.Vipps.PostAsync(refused.PspTransactionId);
        var (_, stepUp, _) = await world.AStepUpAsync();
        var (softlyDeclined, challenged, _) = await world.AStepUpAsync();
        await visit.OpenAsync(challenged);
        await visit.SeesHeadingAsync("Your bank");
        var bank = visit.Page.Url;
        await visit.Page.GotoAsync("about:blank");

        // The 3-D Secure page goes on to the bank at once; from now on it stays.
        await visit.Page.AddInitScriptAsync("if (location.pathname.startsWith('/3ds/')) HTMLFormElement.prototype.submit = () => {};");
        var board = $"board/{new Uri(order).Segments[^1]}";
        return
        [
            ("board", new Uri(world.SimulatorUrl, board)),
            ("message", new Uri(world.SimulatorUrl, message!)),
            ("shop", world.Shop),
            ("basket", new Uri(world.SimulatorUrl, "shop?basket=bread.1-buns.2-coffee.1")),
            ("landing", new Uri(open.RedirectUrl)),
            ("phone", new Uri(open.RedirectUrl.Replace("/landing", "/phone", StringComparison.Ordinal))),
            ("phone-step-up", new Uri(softlyDeclined.RedirectUrl.Replace("/landing", "/phone", StringComparison.Ordinal))),
            ("3ds", stepUp),
            ("bank", new Uri(bank)),
            ("phone-approved", new Uri(approved)),
            ("phone-cancelled", new Uri(cancelled)),
            ("return-waiting", new Uri(waiting)),
            ("return-refused", new Uri(refusal)),
            ("return-unknown", new Uri(world.GatewayUrl, $"return/{new string('x', 32)}")),
            ("receipt", new Uri(order)),
            ("books", new Uri(world.SimulatorUrl, "books")),
            ("not-found", new Uri(world.SimulatorUrl, "board/nothing")),
        ];
    }
}
