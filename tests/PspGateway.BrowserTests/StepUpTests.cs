using System.Net;
using Microsoft.Playwright;
using PspGateway.BrowserTests.Browser;
using PspGateway.IntegrationTests.World;

namespace PspGateway.BrowserTests;

/// <summary>The step-up as a person goes through it, with the truth in the shop after each ending and the acquirer's book beside it.</summary>
public sealed class StepUpTests(BrowserWorld world, Chromium chromium) : IClassFixture<BrowserWorld>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_customer_whose_bank_asks_confirms_there_and_has_paid(bool script)
    {
        await using var visit = await chromium.VisitAsync(world, new BrowserNewContextOptions { JavaScriptEnabled = script });
        await visit.OrderAsync("Sourdough with barley");
        await visit.Page.GetByLabel("Mastercard the bank asks").CheckAsync();
        await visit.Button("Approve").ClickAsync();
        await ToTheBankAsync(visit, script);
        await visit.SeesAsync("89,00 kr");

        await ConfirmAsync(visit, "1234");

        await visit.SeesHeadingAsync("Payment approved");
        Assert.Empty(await visit.Page.Context.CookiesAsync());
        await visit.Link("Continue to the shop").ClickAsync();
        await visit.SeesHeadingAsync("Thank you for your order");
        visit.IsClean();
    }

    [Theory]
    [InlineData("a wrong code")]
    [InlineData("a no at the bank")]
    [InlineData("a change of mind before the bank")]
    public async Task A_step_up_that_ends_with_no_holds_nothing_and_the_customer_is_told(string ending)
    {
        var script = ending != "a change of mind before the bank";
        await using var visit = await chromium.VisitAsync(world, new BrowserNewContextOptions { JavaScriptEnabled = script });
        var (payment, _, link) = await world.AStepUpAsync();
        await visit.OpenAsync(new Uri(payment.RedirectUrl.Replace("/landing", "/phone", StringComparison.Ordinal)));
        if (script)
        {
            await ToTheBankAsync(visit, script);
        }
        else
        {
            await visit.Link("Go to your bank").ClickAsync();
        }

        await (ending switch
        {
            "a wrong code" => ConfirmAsync(visit, "4321"),
            "a no at the bank" => visit.Button("It is not me").ClickAsync(),
            _ => visit.Button("Cancel the payment").ClickAsync(),
        });

        await visit.SeesHeadingAsync("Payment failed");
        await ToldAsync(payment, link, "The payment was not completed");
        visit.IsClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_customer_who_leaves_is_told_that_the_payment_has_expired(bool atTheBank)
    {
        var (payment, page, link) = await world.AStepUpAsync();
        await using (var visit = await chromium.VisitAsync(world, new BrowserNewContextOptions { JavaScriptEnabled = atTheBank }))
        {
            await visit.OpenAsync(page);
            await visit.SeesHeadingAsync(atTheBank ? "Your bank" : "Your bank wants to know that it is you");
        }

        await world.LetTimePassAsync(payment);

        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "EXPIRED", what: "EXPIRED");
        await ToldAsync(payment, link, "The payment has expired");
    }

    [Theory]
    [InlineData(920_200)]
    [InlineData(920_400)]
    [InlineData(921_100)]
    public async Task A_bank_that_need_not_ask_sends_the_customer_straight_back(long amount)
    {
        var (payment, page, _) = await world.AStepUpAsync(amount);
        await using var visit = await chromium.VisitAsync(world);

        await visit.OpenAsync(page);

        await visit.SeesHeadingAsync("Payment approved");
        Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);
        visit.IsClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bank_whose_page_wants_a_POST_gets_one(bool script)
    {
        var (payment, page, _) = await world.AStepUpAsync(920_700);
        await using var visit = await chromium.VisitAsync(world, new BrowserNewContextOptions { JavaScriptEnabled = script });
        await visit.OpenAsync(page);
        if (!script)
        {
            await visit.Button("Continue to your bank").ClickAsync();
            await visit.Button("Continue to your bank").ClickAsync();
        }

        await visit.SeesHeadingAsync("Your bank");
        await ConfirmAsync(visit, "1234");

        await visit.SeesHeadingAsync("Payment approved");
        Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);
        visit.IsClean();
    }

    [Fact]
    public async Task The_whole_step_up_works_inside_a_frame_of_somebody_elses_page()
    {
        var (payment, page, _) = await world.AStepUpAsync();
        await using var visit = await chromium.VisitAsync(world);
        await visit.Page.SetContentAsync($"<iframe src=\"{page.AbsoluteUri}\" width=\"390\" height=\"600\"></iframe>");
        var frame = visit.Page.FrameLocator("iframe");
        await frame.GetByLabel("The code from your bank").FillAsync("1234");

        // An app catches this address; the simulated one answers it with a page that no frame may show.
        var caught = await visit.Page.RunAndWaitForRequestAsync(
            () => frame.GetByRole(AriaRole.Button, new FrameLocatorGetByRoleOptions { Name = "Confirm" }).ClickAsync(), "**/mobileintercept*");

        Assert.Equal($"{world.SimulatorUrl.AbsoluteUri}mobileintercept?transactionId={payment.PspTransactionId}&responsecode=OK", caught.Url);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED", what: "AUTHORIZED");
        Assert.Empty(await visit.Page.Context.CookiesAsync());
    }

    [Fact]
    public async Task On_a_phone_by_keyboard_and_in_Norwegian_the_page_says_what_happens()
    {
        var (_, page, _) = await world.AStepUpAsync();
        var how = Screens.Phone();
        (how.Locale, how.JavaScriptEnabled) = ("nb-NO", false);
        await using var visit = await chromium.VisitAsync(world, how);
        await visit.OpenAsync(page);
        await visit.SeesHeadingAsync("Banken din vil vite at det er deg");
        await visit.SeesAsync("Ingenting blir trukket før du har bekreftet der.");
        await visit.FitsTheScreenAsync();

        await new Keys(visit.Page).PressOnAsync(visit.Button("Gå videre til banken"));

        await visit.SeesHeadingAsync("Your bank");
        await visit.FitsTheScreenAsync();
        visit.IsClean();
    }

    [Fact]
    public async Task The_board_tells_the_step_up_and_masks_what_the_bank_said()
    {
        await using var visit = await chromium.VisitAsync(world);
        await visit.OrderAsync("Cloudberry jam");
        await visit.Page.GetByLabel("Mastercard the bank asks").CheckAsync();
        await visit.Button("Approve").ClickAsync();
        await ToTheBankAsync(visit, script: true);
        await using var board = await chromium.VisitAsync(world);
        await board.OpenAsync(world.SimulatorUrl);
        await board.SeesAsync("SOFT_DECLINE: the bank wants to see the customer first.");
        await board.SeesAsync("The bank asks the customer itself: here is its page.");

        await ConfirmAsync(visit, "1234");

        await visit.SeesHeadingAsync("Payment approved");
        await board.SeesAsync("The bank knows its customer, and gives its word.");
        await board.SeesAsync("OK: the amount is reserved.");
        var row = board.Page.Locator("details", new PageLocatorOptions { HasText = "gives its word" }).First;
        await row.Locator("summary").ClickAsync();
        await Assertions.Expect(row.GetByText("\"redirectResult\": \"****\"")).ToBeVisibleAsync();
        await Assertions.Expect(row.GetByText("\"authenticationValue\": \"****\"")).ToBeVisibleAsync();
        board.IsClean();
    }

    private static async Task ToTheBankAsync(Visit visit, bool script)
    {
        await visit.SeesHeadingAsync("Your bank wants to know it is you");
        await visit.Link("Go to your bank").ClickAsync();
        if (!script)
        {
            await visit.Button("Continue to your bank").ClickAsync();
        }

        await visit.SeesHeadingAsync("Your bank");
    }

    private static async Task ConfirmAsync(Visit visit, string code)
    {
        await visit.Page.GetByLabel("The code from your bank").FillAsync(code);
        await visit.Button("Confirm").ClickAsync();
    }

    /// <summary>The truth on the return page, and nothing held.</summary>
    private async Task ToldAsync(CreatedPayment payment, string link, string words)
    {
        await using var other = await chromium.VisitAsync(world);
        await other.OpenAsync(new Uri(link));
        await other.SeesHeadingAsync(words);
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).Live);
        other.IsClean();
    }
}
