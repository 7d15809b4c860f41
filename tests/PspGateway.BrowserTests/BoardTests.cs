using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PspGateway.BrowserTests.Browser;

namespace PspGateway.BrowserTests;

public sealed partial class BoardTests(BrowserWorld world, Chromium chromium) : IClassFixture<BrowserWorld>
{
    [Fact]
    public async Task The_board_shows_a_payment_while_it_happens()
    {
        await using var board = await chromium.VisitAsync(world);
        await board.OpenAsync(world.SimulatorUrl);
        await using var customer = await chromium.VisitAsync(world);
        await customer.OrderAsync("Sourdough with barley");

        await board.SeesAsync("The shop asks for 89,00 kr.");
        await board.SeesAsync("The customer has not decided yet.");
        await board.Page.EvaluateAsync("window.stayed = true");
        await customer.Button("Approve").ClickAsync();

        await board.SeesAsync("OK: the amount is reserved.");
        await board.SeesAsync("May 89,00 kr be held on this card?");
        await board.SeesAsync("AUTHORISATION 89,00 kr: success.");
        await board.SeesAsync("The gateway tells Vipps: RESERVED 89,00 kr.");
        Assert.True(await board.Page.EvaluateAsync<bool>("window.stayed"), "The rows came without loading the page again.");
        board.IsClean();
    }

    [Fact]
    public async Task Without_script_the_board_looks_again_by_itself_and_a_message_has_a_page_of_its_own()
    {
        await using var board = await chromium.VisitAsync(world, new BrowserNewContextOptions { JavaScriptEnabled = false });
        await board.OpenAsync(world.SimulatorUrl);
        var (payment, _) = await world.AnOpenPaymentAsync(12_300);

        await board.SeesAsync(payment.Reference);
        await board.OpenAsync(new Uri(world.SimulatorUrl, $"board/{payment.Reference}"));
        await board.Page.Locator("summary").First.ClickAsync();
        await board.Link("What was on the wire").First.ClickAsync();
        await board.SeesHeadingAsync("Init");
        board.IsClean();
    }

    [Fact]
    public async Task No_secret_and_no_card_is_on_the_board()
    {
        await using var visit = await chromium.VisitAsync(world);
        await visit.OrderAsync("Brown cheese");
        await visit.ApproveAsync();
        var reference = new Uri(visit.Page.Url).Segments[^1];
        var books = await world.Http.GetStringAsync(new Uri(world.SimulatorUrl, "books"));
        var id = PspReference().Match(books[books.IndexOf(reference, StringComparison.Ordinal)..]).Value;
        var vipps = await world.Vipps.PaymentAsync(id);
        string[] secrets =
        [
            vipps["makePaymentToken"]!.GetValue<string>(), vipps["landingToken"]!.GetValue<string>(), vipps["pspRedirectUrl"]!.GetValue<string>().Split('/')[^1],
            "4895370013193500", "simulated-shop-secret", "simulated-psp-secret", "simulated-acquirer-api-key", await world.Merchant.TokenAsync(),
        ];

        var shown = await world.Http.GetStringAsync(new Uri(world.SimulatorUrl, $"board/{reference}"));
        var messages = MessagePath().Matches(shown).Select(match => match.Value).Distinct(StringComparer.Ordinal).ToList();
        foreach (var message in messages)
        {
            shown += await world.Http.GetStringAsync(new Uri(world.SimulatorUrl, message));
        }

        Assert.InRange(messages.Count, 6, 40);
        Assert.Contains("&quot;makePaymentToken&quot;: &quot;****&quot;", shown, StringComparison.Ordinal);
        Assert.Contains("&quot;cryptogram&quot;: &quot;****&quot;", shown, StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer ****", shown, StringComparison.Ordinal);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, shown, StringComparison.Ordinal));
    }

    [GeneratedRegex("(?<=\"pspReference\":\")[0-9a-f]{32}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PspReference();

    [GeneratedRegex("/board/messages/[0-9]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex MessagePath();
}
