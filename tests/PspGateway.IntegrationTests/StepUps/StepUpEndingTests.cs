using System.Net;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.StepUps;

/// <summary>ENGINE 22 to 24: every way in which a step-up ends without an authorisation, with both books after it.</summary>
public sealed class StepUpEndingTests(StepUpWorld world) : IClassFixture<StepUpWorld>
{
    [Theory]
    [InlineData(920300)]
    [InlineData(920800)]
    public async Task A_bank_that_does_not_know_its_customer_ends_the_payment_at_once(long amount)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(amount);

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.StartAsync()).Location);

        await AssertEndedAsync(payment, "Failed");
    }

    [Fact]
    public async Task A_wrong_code_ends_the_payment()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.AtTheBankAsync("confirm", "4321")).Location);

        await AssertEndedAsync(payment, "Failed");
    }

    [Fact]
    public async Task A_customer_who_says_no_at_the_bank_has_cancelled()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);

        Assert.Equal(world.OperationsUrl(payment, "CANCEL"), (await customer.AtTheBankAsync("cancel")).Location);

        await AssertEndedAsync(payment, "Cancelled");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_customer_who_gives_up_on_our_page_has_cancelled(bool challenged)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        if (challenged)
        {
            await customer.StartAsync();
        }

        var ended = await customer.CancelAsync();

        Assert.Equal((HttpStatusCode.SeeOther, world.OperationsUrl(payment, "CANCEL")), (ended.Status, ended.Location));
        await AssertEndedAsync(payment, "Cancelled");
    }

    [Theory]
    [InlineData(920100, false)]
    [InlineData(920100, true)]
    [InlineData(920200, true)]
    public async Task A_step_up_that_nobody_finishes_expires_also_when_the_second_call_never_comes(long amount, bool started)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(amount);
        if (started)
        {
            await customer.StartAsync();
        }

        await world.ForgetTheTimeAsync(payment);

        await world.AssertEndedAsync(payment, "EXPIRED", "Expired");
        var late = await world.Vipps.PostAsync(payment.PspTransactionId);
        Assert.Equal(("FAIL", 94), (late.PaymentStatus, late.ErrorId));
        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.LookAsync()).Location);
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).Authorisations);
    }

    [Theory]
    [InlineData("USER_CANCEL", "ABORTED", "CANCELLED_BY_USER")]
    [InlineData("TIMEOUT", "EXPIRED", "TIMED_OUT")]
    [InlineData("NO", "ABORTED", null)]
    public async Task What_Vipps_says_during_the_step_up_ends_it_and_a_token_that_still_comes_gets_85(string state, string merchant, string? vipps)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        var back = await customer.AnswerTheBankAsync("confirm", "1234");

        Assert.Equal(93, (await world.Vipps.PostAsync(payment.PspTransactionId, state)).ErrorId);

        await world.AssertEndedAsync(payment, merchant, "Cancelled", vipps);
        Assert.Equal(world.OperationsUrl(payment, "CANCEL"), (await Customer.SendAsync(HttpMethod.Get, back, null)).Location);
        Assert.Equal(85, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).Authorisations);
    }

    [Theory]
    [InlineData(920100)]
    [InlineData(920200)]
    public async Task A_merchant_who_cancels_during_the_step_up_ends_it_and_a_token_that_still_comes_gets_85(long amount)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(amount);
        await customer.StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await world.Merchant.ModifyAsync(payment.Reference, "cancel")).Status);

        await world.AssertEndedAsync(payment, "TERMINATED", "Cancelled");
        Assert.Equal(85, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        Assert.Equal(world.OperationsUrl(payment, "CANCEL"), (await customer.LookAsync()).Location);
    }

    [Fact]
    public async Task Money_that_is_held_in_the_authentication_step_is_reversed_and_the_step_up_has_failed()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920500);

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.StartAsync()).Location);

        await AssertReversedAsync(payment, held: 1);
    }

    [Fact]
    public async Task Money_that_is_held_after_the_challenge_is_reversed_and_the_step_up_has_failed()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920600);

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.AtTheBankAsync("confirm", "1234")).Location);

        await AssertReversedAsync(payment, held: 1);
    }

    [Theory]
    [InlineData(920500, "commitThenDrop", "-3ds1", 1)]
    [InlineData(920500, "commitThenHang", "-3ds1", 1)]
    [InlineData(920500, "commitThen500", "-3ds1", 1)]
    [InlineData(920500, "commitThenGarbage", "-3ds1", 1)]
    public async Task An_unknown_outcome_of_the_authentication_is_reversed_when_it_held_money(long amount, string mode, string contains, int held)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(amount);
        await world.Vipps.FaultAsync("acquirer", new() { ["path"] = "payments", ["mode"] = mode, ["contains"] = payment.PspTransactionId + contains });

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.StartAsync()).Location);

        await AssertReversedAsync(payment, held);
    }

    [Fact]
    public async Task An_unknown_outcome_of_the_completion_is_reversed_by_the_authentications_own_name()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920600);
        var back = await customer.AnswerTheBankAsync("confirm", "1234");
        await world.Vipps.FaultAsync("acquirer", new() { ["path"] = "payments/details", ["mode"] = "commitThenDrop", ["contains"] = "redirectResult" });

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await Customer.SendAsync(HttpMethod.Get, back, null)).Location);

        await AssertReversedAsync(payment, held: 1);
    }

    [Fact]
    public async Task An_unknown_outcome_that_held_nothing_fails_the_step_up_and_is_cancelled_by_our_name()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);
        await world.Vipps.FaultAsync("acquirer", new() { ["path"] = "payments", ["mode"] = "dropBeforeCommit", ["contains"] = $"{payment.PspTransactionId}-3ds1" });

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.StartAsync()).Location);

        Assert.Equal(("ABORTED", "Failed"), (await world.Merchant.StateAsync(payment.Reference), await world.StepUpStateAsync(payment)));
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).CancelCalls.Count > 0, what: "a cancel by our own reference");
        var cancel = (await world.BooksAsync(payment.PspTransactionId)).CancelCalls[0];
        Assert.Equal(("/cancels", $"{payment.PspTransactionId}-3ds1"), (cancel["path"]!.GetValue<string>(), cancel["paymentReference"]!.GetValue<string>()));
        Assert.Equal(94, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        await world.AssertNothingSealedAsync(payment);
    }

    [Fact]
    public async Task A_late_notification_of_money_in_an_authentication_that_had_ended_well_reverses_it_and_fails_the_step_up()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920500);
        await world.Vipps.NotificationsAsync("hold");
        await world.Vipps.FaultAsync("acquirer", new() { ["path"] = "payments", ["mode"] = "status", ["status"] = 200, ["body"] = $$"""{"pspReference":"A","resultCode":"AuthenticationNotRequired","merchantReference":"{{payment.PspTransactionId}}-3ds1"}""", ["contains"] = $"{payment.PspTransactionId}-3ds1" });
        Assert.Equal(world.OperationsUrl(payment, "OK"), (await customer.StartAsync()).Location);

        // The acquirer did hold money under that name.
        var key = await world.QueryAsync<string>($"select idempotency_key from operations where reference = '{payment.PspTransactionId}-3ds1'");
        await world.AuthoriseBehindOurBackAsync(payment, key);
        await world.Vipps.ReleaseNotificationsAsync(reverse: false);
        await world.Vipps.NotificationsAsync("on");

        await TestWorld.EventuallyAsync(async () => await world.BooksAsync(payment.PspTransactionId) is { Live: 0, Authorisations.Count: 2 }, what: "the reversal");
        Assert.Equal(("ABORTED", "Failed"), (await world.Merchant.StateAsync(payment.Reference), await world.StepUpStateAsync(payment)));
        Assert.Equal(94, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.LookAsync()).Location);
        await world.AssertNothingSealedAsync(payment);
    }

    private async Task AssertEndedAsync(CreatedPayment payment, string stepUp)
    {
        await world.AssertEndedAsync(payment, "ABORTED", stepUp);
        var late = await world.Vipps.PostAsync(payment.PspTransactionId);
        Assert.Equal(("FAIL", 94), (late.PaymentStatus, late.ErrorId));
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Equal("FAILED", books.VippsState);
        Assert.Single(books.Authorisations);
    }

    private async Task AssertReversedAsync(CreatedPayment payment, int held)
    {
        await TestWorld.EventuallyAsync(async () => await world.BooksAsync(payment.PspTransactionId) is { Live: 0 } books && books.Authorisations.Count(a => a["authorised"]!.GetValue<long>() > 0) == held, what: "the reversal");
        Assert.Equal(("ABORTED", "Failed"), (await world.Merchant.StateAsync(payment.Reference), await world.StepUpStateAsync(payment)));
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Reverse' and finished_at is null") == 0, what: "the end of the reversal");
        Assert.Equal(94, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        await world.AssertEndedAsync(payment, "ABORTED", "Failed", "FAILED");
    }
}
