using Microsoft.Playwright;
using PspGateway.BrowserTests.Browser;

namespace PspGateway.BrowserTests;

public sealed class PurchaseTests(BrowserWorld world, Chromium chromium) : IClassFixture<BrowserWorld>
{
    [Fact]
    public async Task A_person_buys_bread_and_gets_a_receipt_and_the_shop_is_paid_on_delivery()
    {
        await using var visit = await chromium.VisitAsync(world);

        await visit.OrderAsync("Sourdough with barley", "Cinnamon buns");
        await visit.SeesAsync("Sourdough with barley, Cinnamon buns");
        await visit.ApproveAsync();

        await visit.SeesAsync("185,00 kr");
        await visit.Button("Hand over the goods, and capture").ClickAsync();
        await visit.SeesHeadingAsync("Enjoy your meal");
        await visit.Button("Take the goods back, and refund").ClickAsync();
        await visit.SeesHeadingAsync("You have your money back");
        visit.IsClean();
    }

    [Fact]
    public async Task What_is_sold_out_is_cancelled_and_the_money_is_let_go()
    {
        await using var visit = await chromium.VisitAsync(world);
        await visit.OrderAsync("Brown cheese");
        await visit.Page.GetByLabel("Mastercard works").CheckAsync();
        await visit.ApproveAsync();

        await visit.Button("Sold out: cancel").ClickAsync();

        await visit.SeesHeadingAsync("We could not deliver");
        visit.IsClean();
    }

    [Theory]
    [InlineData("not enough on the account", "not enough on the account")]
    [InlineData("above the card's limit", "above a limit of your card")]
    [InlineData("expired", "The card in Vipps has expired")]
    [InlineData("number not known to the bank", "does not know the card")]
    [InlineData("the bank suspects fraud", "You can try again in the shop, perhaps with another card")]
    [InlineData("the bank cannot be reached", "could not be reached")]
    [InlineData("the bank says no, and not why", "You can try again in the shop, perhaps with another card")]
    public async Task A_refused_card_ends_in_words_that_say_what_to_do(string card, string words)
    {
        await using var visit = await chromium.VisitAsync(world);
        await visit.OrderAsync("Cloudberry jam");
        await visit.Page.GetByText("Cards that the bank refuses").ClickAsync();
        await visit.Page.GetByLabel(card).CheckAsync();

        await visit.Button("Approve").ClickAsync();

        await visit.SeesHeadingAsync("Payment failed");
        await visit.Link("Continue to the shop").ClickAsync();
        await visit.SeesHeadingAsync("The payment was not completed");
        await visit.SeesAsync(words);
        await visit.Link("Back to the shop").ClickAsync();
        await visit.SeesHeadingAsync("The payment was not made");
        await visit.Link("Try again").ClickAsync();
        await visit.SeesAsync("115,00 kr");
        visit.IsClean();
    }

    [Theory]
    [InlineData("Cancel", "Payment cancelled", "The payment was cancelled", "The payment was not made")]
    [InlineData("Let the time run out", "The time ran out", "The payment has expired", "The payment took too long")]
    public async Task Who_does_not_approve_is_told_that_nothing_was_charged(string tap, string phone, string told, string shop)
    {
        await using var visit = await chromium.VisitAsync(world);
        await visit.OrderAsync("Coffee, roasted light");

        await visit.Button(tap).ClickAsync();

        await visit.SeesHeadingAsync(phone);
        await visit.Link("Continue to the shop").ClickAsync();
        await visit.SeesHeadingAsync(told);
        await visit.Link("Back to the shop").ClickAsync();
        await visit.SeesHeadingAsync(shop);
        visit.IsClean();
    }

    [Fact]
    public async Task A_purchase_needs_no_script()
    {
        await using var visit = await chromium.VisitAsync(world, new BrowserNewContextOptions { JavaScriptEnabled = false });
        await visit.OrderAsync("Crispbread with seeds");

        await visit.ApproveAsync();
        visit.IsClean();
    }

    [Fact]
    public async Task A_purchase_fits_a_phone()
    {
        await using var visit = await chromium.VisitAsync(world, Screens.Phone());
        await visit.OpenAsync(world.Shop);
        await visit.FitsTheScreenAsync();
        await visit.OrderAsync("Sourdough with barley");
        await visit.FitsTheScreenAsync();
        await visit.Button("Approve").TapAsync();
        await visit.Link("Continue to the shop").TapAsync();
        await visit.SeesHeadingAsync("Thank you for your order");
        await visit.FitsTheScreenAsync();
        await visit.OpenAsync(world.SimulatorUrl);
        await visit.SeesAsync("OK: the amount is reserved.");
        await visit.FitsTheScreenAsync();
        await visit.OpenAsync(new Uri(world.SimulatorUrl, "books"));
        await visit.FitsTheScreenAsync();
        visit.IsClean();
    }

    [Fact]
    public async Task A_purchase_needs_no_mouse_and_the_focus_is_always_seen()
    {
        await using var visit = await chromium.VisitAsync(world);
        var keys = new Keys(visit.Page);
        await visit.OpenAsync(world.Shop);
        await keys.PressOnAsync(visit.Link("Add Sourdough with barley"));
        await visit.SeesAsync("Total");
        await keys.PressOnAsync(visit.Button("Pay with Vipps"));
        await visit.SeesHeadingAsync("Pay with Vipps");
        await keys.PressOnAsync(visit.Button("Next"));
        await visit.SeesHeadingAsync("Confirm payment");
        await keys.FocusAsync(visit.Page.GetByLabel("Visa works"));
        await visit.Page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(visit.Page.GetByLabel("Mastercard works")).ToBeCheckedAsync();
        await keys.PressOnAsync(visit.Button("Approve"));
        await visit.SeesHeadingAsync("Payment approved");
        await keys.PressOnAsync(visit.Link("Continue to the shop"));
        await visit.SeesHeadingAsync("Thank you for your order");
        await visit.OpenAsync(world.SimulatorUrl);
        await keys.FocusAsync(visit.Page.Locator("summary").First);
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.SeesAsync("POST /epayment/v1/payments");
        visit.IsClean();
    }
}
