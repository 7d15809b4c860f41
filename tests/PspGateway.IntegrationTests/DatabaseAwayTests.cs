using System.Net;
using Microsoft.EntityFrameworkCore;
using PspGateway.IntegrationTests.StepUps;
using PspGateway.IntegrationTests.World;
using PspGateway.Storage;
using PspGateway.Storage.Rows;

namespace PspGateway.IntegrationTests;

public sealed class StepUpWorldOnALine(TestPostgres postgres) : StepUpWorld(postgres)
{
    protected override bool OnALine => true;
}

/// <summary>What merchants and customers are told while the database is away, and what becomes of it afterwards.</summary>
public sealed class DatabaseAwayTests(StepUpWorldOnALine world) : IClassFixture<StepUpWorldOnALine>, IAsyncDisposable
{
    /// <summary>More connections than have been open here; the next test finds none that is broken.</summary>
    private const int MoreThanOpen = 20;

    public async ValueTask DisposeAsync()
    {
        world.Line.ComeBack();
        for (var i = 0; i < MoreThanOpen; i++)
        {
            await AgainAsync(() => world.Merchant.ReadAsync("none-of-this-name"));
        }

        world.Service<GatewayDatabase>().Callback.Clear();
    }

    [Fact]
    public async Task A_merchant_is_told_to_come_again_and_the_same_key_then_creates_and_captures_once()
    {
        var (body, create, capture) = (MerchantClient.ABody(MerchantClient.AReference()).ToJsonString(), $"{Guid.NewGuid()}", $"{Guid.NewGuid()}");
        var paid = await world.Merchant.AuthorisedAsync(world.Vipps);
        world.Line.Break();

        var replies = new[]
        {
            await world.Merchant.PostAsync(body, create), await world.Merchant.ReadAsync(paid.Reference), await world.Merchant.ModifyAsync(paid.Reference, "capture", 100, capture),
        };
        world.Line.ComeBack();

        Assert.All(replies, r => Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json", "unavailable", "5"), (r.Status, r.ContentType, r.Problem, $"{r.Headers.RetryAfter}")));
        Assert.Equal(HttpStatusCode.Created, (await AgainAsync(() => world.Merchant.PostAsync(body, create))).Status);
        Assert.Equal(HttpStatusCode.OK, (await AgainAsync(() => world.Merchant.ModifyAsync(paid.Reference, "capture", 100, capture))).Status);
        Assert.Single((await world.BooksAsync(paid.PspTransactionId)).ModificationCalls);
    }

    [Theory]
    [InlineData("nb", "Et øyeblikk")]
    [InlineData("en", "Just a moment")]
    public async Task A_customer_who_comes_back_reads_that_we_cannot_look_now_on_a_page_that_tries_again(string language, string title)
    {
        var payment = await world.Merchant.CreateAsync();
        var address = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["pspRedirectUrl"]!.GetValue<string>();
        world.Line.Break();

        var page = await Customer.SendAsync(HttpMethod.Get, address, null, language);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        Assert.Contains($"<h1>{title}</h1>", WebUtility.HtmlDecode(page.Html), StringComparison.Ordinal);
        Assert.Contains("<a href=\"\">", page.Html, StringComparison.Ordinal);
        Assert.Equal("no-store", page.Header("Cache-Control"));
    }

    [Fact]
    public async Task What_the_bank_gave_the_customer_is_kept_in_the_page_until_it_can_be_stored()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        var back = await customer.AnswerTheBankAsync("confirm", "1234");
        world.Line.Break();

        var page = await Customer.SendAsync(HttpMethod.Get, back, null);
        world.Line.ComeBack();

        var result = WebUtility.UrlDecode(back[(back.IndexOf("redirectResult=", StringComparison.Ordinal) + "redirectResult=".Length)..]);
        Assert.Contains($"name=\"redirectResult\" value=\"{WebUtility.HtmlEncode(result)}\"", page.Html, StringComparison.Ordinal);
        await TestWorld.EventuallyAsync(
            async () => (await Customer.SendAsync(HttpMethod.Post, $"{customer.Page}/return", new() { ["redirectResult"] = result })).Location == world.OperationsUrl(payment, "OK"), what: "the way back to Vipps");
    }

    [Fact]
    public async Task A_customer_on_the_way_to_the_bank_goes_on_from_the_pages_own_address()
    {
        var (_, customer, _) = await world.SoftlyDeclinedAsync(920100);
        var reference = customer.Page[(customer.Page.LastIndexOf('/') + 1)..];
        world.Line.Break();

        var (started, cancelled) = (await customer.StartAsync(), await customer.CancelAsync());

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), (started.Status, cancelled.Status));
        Assert.Contains($"<a href=\"{reference}\">", started.Html, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"../{reference}\">", cancelled.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("frame-ancestors", started.Header("Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TIMEOUT")]
    [InlineData("USER_CANCEL")]
    public async Task What_Vipps_says_against_an_OK_is_stored_before_it_is_answered_if_the_database_comes_back_in_time(string state)
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        world.Line.Break();
        var answer = world.Vipps.PostAsync(payment.PspTransactionId, state);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.False(answer.IsCompleted);
        world.Line.ComeBack();

        Assert.Equal(93, (await answer).ErrorId);
        Assert.Equal("Withdrawn", await world.QueryAsync<string>($"select state from payments where id = '{Guid.Parse(payment.PspTransactionId)}'"));
        await world.UntilReversedAsync(payment.PspTransactionId);
    }

    [Fact]
    public async Task A_token_that_came_meanwhile_gets_the_same_bytes_afterwards_and_is_never_sent()
    {
        var payment = await world.Merchant.CreateAsync();

        await AssertSameBytesAfterwardsAsync(payment.PspTransactionId);

        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
    }

    [Fact]
    public async Task The_second_call_of_a_step_up_that_came_meanwhile_gets_the_same_bytes_afterwards()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        await Customer.SendAsync(HttpMethod.Get, await customer.AnswerTheBankAsync("confirm", "1234"), null);
        var calls = (await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls.Count;

        await AssertSameBytesAfterwardsAsync(payment.PspTransactionId);

        Assert.Equal(calls, (await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls.Count);
    }

    [Fact]
    public async Task A_statement_that_broke_as_it_was_to_be_prepared_runs_on_the_next_connection()
    {
        await using var db = await world.Service<IDbContextFactory<GatewayDbContext>>().CreateDbContextAsync(TestContext.Current.CancellationToken);
        world.Service<GatewayDatabase>().General.Clear();
        await db.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        for (var usesBeforeItIsPrepared = 0; usesBeforeItIsPrepared < 4; usesBeforeItIsPrepared++)
        {
            await WriteAsync(db);
        }

        world.Line.Break();
        Assert.False(await IsWrittenAsync(db));
        await db.Database.CloseConnectionAsync();
        world.Line.ComeBack();

        await TestWorld.EventuallyAsync(() => IsWrittenAsync(db), what: "the same statement");
    }

    private async Task AssertSameBytesAfterwardsAsync(string pspTransactionId)
    {
        world.Line.Break();
        var told = await world.Vipps.PostAsync(pspTransactionId);
        world.Line.ComeBack();
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<string>($"select state from payments where id = '{Guid.Parse(pspTransactionId)}'") == "Declined", what: "the end of the payment");
        var again = await world.Vipps.PostAsync(pspTransactionId);
        Assert.Equal((91, told.Body), (told.ErrorId, again.Body));
    }

    /// <summary>False: its connection had broken.</summary>
    private static async Task<bool> IsWrittenAsync(GatewayDbContext db)
    {
        try
        {
            return await WriteAsync(db) == 1;
        }
        catch (Exception exception) when (DatabaseAway.Cause(exception) is not null)
        {
            return false;
        }
    }

    /// <summary>How many rows a transaction wrote, which is rolled back.</summary>
    private static async Task<int> WriteAsync(GatewayDbContext db)
    {
        db.ChangeTracker.Clear();
        db.VaultEpochs.Add(new VaultEpochRow { Id = Guid.NewGuid(), Day = DateOnly.MaxValue, CreatedAt = TimeProvider.System.GetUtcNow() });
        await using var transaction = await db.Database.BeginTransactionAsync();
        return await db.SaveChangesAsync();
    }

    /// <summary>Connections that broke are noticed one by one.</summary>
    private static async Task<Reply> AgainAsync(Func<Task<Reply>> call)
    {
        var reply = await call();
        for (var tries = 0; tries < 50 && reply.Status == HttpStatusCode.ServiceUnavailable; tries++)
        {
            await Task.Delay(100);
            reply = await call();
        }

        return reply;
    }
}
