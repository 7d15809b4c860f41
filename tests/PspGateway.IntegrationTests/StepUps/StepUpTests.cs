using System.Net;
using System.Text.Json.Nodes;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.IntegrationTests.World;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.IntegrationTests.StepUps;

/// <summary>ENGINE 22: what each call means around a step-up, on both books.</summary>
public sealed class StepUpTests(StepUpWorld world) : IClassFixture<StepUpWorld>
{
    [Fact]
    public async Task A_soft_decline_answers_1036_and_an_unguessable_page_and_leaves_the_card_sealed_without_its_cryptogram()
    {
        var (payment, customer, first) = await world.SoftlyDeclinedAsync(920100);

        Assert.Equal(
            $$$"""{"errorMessage":{"errorId":1036,"errorText":"Soft Decline"},"paymentInfo":{"pspTransactionId":"{{{payment.PspTransactionId}}}","status":"SOFT_DECLINE","url3dSecure":"{{{customer.Page}}}"}}""",
            first.Body);
        Assert.Matches($"^{world.GatewayUrl.AbsoluteUri}3ds/[A-Za-z0-9_-]{{32}}$", customer.Page);
        Assert.Equal(("CREATED", "STEP_UP"), (await world.Merchant.StateAsync(payment.Reference), (await world.BooksAsync(payment.PspTransactionId)).VippsState));
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from sealed_tokens where payment_id = '{Guid.Parse(payment.PspTransactionId)}'"));
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from step_ups where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and sealed_card is not null and expires_at - created_at = interval '10 minutes'"));
    }

    [Theory]
    [InlineData(920200)]
    [InlineData(920400)]
    [InlineData(921100)]
    public async Task Without_a_challenge_the_customer_goes_straight_back_and_the_second_call_is_OK(long amount)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(amount);

        var ended = await customer.StartAsync();

        Assert.Equal((HttpStatusCode.SeeOther, world.OperationsUrl(payment, "OK")), (ended.Status, ended.Location));
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
        await world.AssertAuthorisedAsync(payment, amount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_call_that_lacks_something_gets_71_and_ends_the_payment(bool authenticated)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);
        if (authenticated)
        {
            await customer.StartAsync();
        }

        var second = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = new JsonObject { ["networkToken"] = new JsonObject { ["cryptogram"] = "" } } });

        Assert.Equal(("FAIL", 71), (second.PaymentStatus, second.ErrorId));
        await world.AssertEndedAsync(payment, "ABORTED", null);
        Assert.Equal(94, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
    }

    [Theory]
    [InlineData(920100, null)]
    [InlineData(903800, null)]
    [InlineData(920700, null)]
    [InlineData(49900, "mastercard-3ds")]
    public async Task After_a_challenge_with_the_right_code_the_second_call_is_OK_with_the_issuers_word(long amount, string? card)
    {
        var payment = await world.Merchant.CreateAsync(amount);
        var first = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["card"] = card });
        Assert.Equal("SOFT_DECLINE", first.PaymentStatus);

        var back = await new Customer(first.Url3dSecure!).AtTheBankAsync("confirm", "1234");

        Assert.Equal((HttpStatusCode.SeeOther, world.OperationsUrl(payment, "OK")), (back.Status, back.Location));
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["card"] = card })).PaymentStatus);
        await world.AssertAuthorisedAsync(payment, amount);
    }

    [Fact]
    public async Task A_late_FAIL_for_the_first_call_leaves_the_second_one_alone()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);
        var first = await world.QueryAsync<Guid>($"select authorise_operation_id from payments where id = '{Guid.Parse(payment.PspTransactionId)}'");
        await customer.StartAsync();
        await world.Vipps.FaultAsync("acquirer", new() { ["path"] = "payments", ["mode"] = "delay", ["answerDelayMs"] = 1500, ["contains"] = $"{payment.PspTransactionId}-2" });
        var second = world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Live == 1, what: "the second authorise");

        var decided = await world.Service<IPaymentStore>().DecideAsync(
            Pool.General,
            new Decision { OperationId = first, While = Answer.SoftDecline, Move = PaymentMove.Decline, Event = PaymentEventName.Declined, Reason = nameof(DeclineReason.TooLate), FailBody = [1] },
            CancellationToken.None);

        Assert.False(decided);
        Assert.Equal("OK", (await second).PaymentStatus);
        await world.AssertAuthorisedAsync(payment, 920200);
    }

    [Fact]
    public async Task The_phone_of_the_simulator_walks_through_the_whole_of_it_by_itself()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);

        var back = await customer.AtTheBankAsync("confirm", "1234");
        await world.Http.GetAsync(back.Location);

        await world.AssertAuthorisedAsync(payment, 920100);
    }

    [Fact]
    public async Task A_redirect_as_the_first_answer_is_a_soft_decline_and_what_it_left_open_is_cancelled()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(700800);

        await world.UntilReversedAsync(payment.PspTransactionId);
        Assert.Equal("CANCELLED", (await world.BooksAsync(payment.PspTransactionId)).Authorisations.Single()["status"]!.GetValue<string>());
        var back = await customer.AtTheBankAsync("confirm", "1234");

        Assert.Equal(world.OperationsUrl(payment, "OK"), back.Location);
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
        await world.AssertAuthorisedAsync(payment, 700800);
    }

    [Fact]
    public async Task While_the_challenge_is_open_the_same_call_gets_the_same_bytes_and_any_other_gets_94_and_moves_nothing()
    {
        var (payment, customer, first) = await world.SoftlyDeclinedAsync(920100);
        var back = await customer.AnswerTheBankAsync("confirm", "1234");

        Assert.Equal(first.Body, (await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["repeatLast"] = true })).Body);
        var early = await world.Vipps.PostAsync(payment.PspTransactionId);
        var another = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["card"] = "mastercard" });

        Assert.Equal(("FAIL", 94, "FAIL", 94), (early.PaymentStatus, early.ErrorId, another.PaymentStatus, another.ErrorId));
        Assert.Equal(("CREATED", "Challenged"), (await world.Merchant.StateAsync(payment.Reference), await world.StepUpStateAsync(payment)));
        Assert.Equal(world.OperationsUrl(payment, "OK"), (await Customer.SendAsync(HttpMethod.Get, back, null)).Location);
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
    }

    [Fact]
    public async Task The_newest_addresses_win()
    {
        var payment = await world.Merchant.CreateAsync(920200);
        var cryptogram = Convert.ToBase64String(Guid.NewGuid().ToByteArray());
        JsonObject Call(string tail) => new()
        {
            ["networkToken"] = new JsonObject { ["cryptogram"] = cryptogram },
            ["merge"] = new JsonObject { ["operations"] = new JsonArray([.. new[] { ("3dssuccess", "OK"), ("3dscancel", "CANCEL"), ("3dsfailure", "FAIL") }.Select(o => new JsonObject { ["operation"] = o.Item1, ["url"] = world.OperationsUrl(payment, o.Item2) + tail })]) },
        };
        var first = await world.Vipps.PostAsync(payment.PspTransactionId, Call(""));

        Assert.Equal(first.Body, (await world.Vipps.PostAsync(payment.PspTransactionId, Call("&again=1"))).Body);
        var customer = new Customer(first.Url3dSecure!);

        Assert.Equal($"{world.OperationsUrl(payment, "OK")}&again=1", (await customer.StartAsync()).Location);
    }

    [Fact]
    public async Task After_success_the_next_call_is_the_second_whatever_its_bytes_even_the_first_ones()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);
        await customer.StartAsync();

        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["repeatLast"] = true })).PaymentStatus);
        await world.AssertAuthorisedAsync(payment, 920200);
    }

    [Theory]
    [InlineData(920200, "OK", null)]
    [InlineData(920900, "FAIL", 89)]
    [InlineData(921000, "FAIL", 94)]
    public async Task The_second_calls_answer_is_what_repeats_get_and_is_never_another_soft_decline(long amount, string status, int? errorId)
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(amount);
        Assert.Equal(world.OperationsUrl(payment, "OK"), (await customer.StartAsync()).Location);

        var second = await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal((status, errorId), (second.PaymentStatus, second.ErrorId));
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) != "CREATED");
        Assert.Equal(second.Body, (await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["repeatLast"] = true })).Body);
        Assert.Equal(second.Body, (await world.Vipps.PostAsync(payment.PspTransactionId)).Body);
        if (status == "FAIL")
        {
            await world.AssertEndedAsync(payment, "ABORTED", "Used");
        }

        Assert.Equal(2, (await world.BooksAsync(payment.PspTransactionId)).Authorisations.Count);
    }

    [Fact]
    public async Task Many_second_calls_at_once_authorise_once_and_only_one_answer_is_given()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);
        await customer.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Vipps.PostAsync(payment.PspTransactionId)));

        Assert.Single(answers.Select(a => a.Body).Distinct(StringComparer.Ordinal));
        await world.AssertAuthorisedAsync(payment, 920200);
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls, c => c["reference"]!.GetValue<string>().EndsWith("-2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_card_after_the_challenge_is_94_and_ends_the_payment()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);
        await customer.StartAsync();

        var second = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["card"] = "mastercard" });

        Assert.Equal(("FAIL", 94), (second.PaymentStatus, second.ErrorId));
        await world.AssertEndedAsync(payment, "ABORTED", "Failed");
        Assert.Equal(94, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).Authorisations);
    }

    [Theory]
    [InlineData("https://evil.example/mobileintercept")]
    [InlineData("https://vipps.no.evil.example/")]
    [InlineData("https://notvipps.no/")]
    [InlineData("https://vipps.no@evil.example/")]
    [InlineData("https://user@127.0.0.1/")]
    [InlineData("https://vipps.no\\@evil.example/")]
    [InlineData("http://vipps.no/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("//127.0.0.1/")]
    [InlineData("/mobileintercept")]
    [InlineData("https://127.0.0.1/\r\nSet-Cookie: a=b")]
    [InlineData("https://127.0.0.1/æ")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Where_a_way_back_leads_elsewhere_the_soft_decline_is_94_before_any_challenge(string? url)
    {
        foreach (var place in (int[])[0, 1, 2])
        {
            var payment = await world.Merchant.CreateAsync(920100);
            var addresses = new[] { "3dssuccess", "3dscancel", "3dsfailure" }.Select((operation, i) => new JsonObject { ["operation"] = operation, ["url"] = i == place ? url : "http://127.0.0.1:1/ok" });

            var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = new JsonObject { ["operations"] = new JsonArray([.. addresses]) } });

            Assert.Equal(("FAIL", 94, place), (posted.PaymentStatus, posted.ErrorId, place));
            Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from step_ups where payment_id = '{Guid.Parse(payment.PspTransactionId)}'"));
            await world.AssertEndedAsync(payment, "ABORTED", null, "FAILED");
        }
    }

    [Fact]
    public async Task The_control_for_that_any_port_of_an_allowed_host_will_do()
    {
        var payment = await world.Merchant.CreateAsync(920100);
        var addresses = new[] { "3dssuccess", "3dscancel", "3dsfailure" }.Select(operation => new JsonObject { ["operation"] = operation, ["url"] = "https://127.0.0.1:9999/x" });

        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = new JsonObject { ["operations"] = new JsonArray([.. addresses]) } });

        Assert.Equal("SOFT_DECLINE", posted.PaymentStatus);
    }
}
