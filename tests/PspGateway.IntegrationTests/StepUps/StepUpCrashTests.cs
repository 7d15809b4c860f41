using System.Net;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.StepUps;

public sealed class StepUpProcesses(TestPostgres postgres) : StepUpWorld(postgres)
{
    protected override int Replicas => 0;
}

public sealed class StepUpReplicas(TestPostgres postgres) : StepUpWorld(postgres)
{
    protected override int Replicas => 2;
}

/// <summary>A gateway whose line to the acquirer can be taken away.</summary>
public sealed class StepUpOnALine(TestPostgres postgres) : StepUpWorld(postgres)
{
    internal TcpLine ToAcquirer { get; private set; } = null!;

    protected override IReadOnlyDictionary<string, string?> Overrides
    {
        get
        {
            ToAcquirer = new TcpLine(new IPEndPoint(IPAddress.Loopback, SimulatorUrl.Port));
            return new Dictionary<string, string?>(base.Overrides, StringComparer.Ordinal) { ["Acquirer:Adyen:BaseUrl"] = new Uri(ToAcquirer.Url, "adyen/v72").AbsoluteUri };
        }
    }
}

public sealed class StepUpCrashTests(StepUpProcesses world) : IClassFixture<StepUpProcesses>
{
    [Fact]
    public async Task A_kill_while_authenticating_fails_the_step_up_and_reverses_what_was_held()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920500);
        await world.Vipps.FaultAsync("acquirer", new() { ["path"] = "payments", ["mode"] = "delay", ["answerDelayMs"] = 5000, ["contains"] = "-3ds1" });
        var started = customer.StartAsync();
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Live == 1, what: "the money that is held");

        await first.KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => started);
        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        await world.AssertEndedAsync(payment, "ABORTED", "Failed");
        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.LookAsync()).Location);
        Assert.Equal(94, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        await TestWorld.EventuallyAsync(async () => await CallsAsync() > 0, what: "the end of the call");
        Assert.Equal(1, await CallsAsync());

        async Task<int> CallsAsync() => (await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls.Count(c => c["reference"]!.GetValue<string>().Contains("-3ds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_kill_while_the_customer_is_at_the_bank_loses_nothing()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        var back = await customer.AnswerTheBankAsync("confirm", "1234");

        await first.KillAsync();
        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        Assert.Equal(world.OperationsUrl(payment, "OK"), (await Customer.SendAsync(HttpMethod.Get, back, null)).Location);
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
        await world.AssertAuthorisedAsync(payment, 920100);
    }

    [Fact]
    public async Task A_kill_in_the_second_call_reverses_its_approval_and_answers_nothing_else_than_FAIL()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);
        await customer.StartAsync();
        await world.Vipps.FaultAsync("acquirer", new() { ["path"] = "payments", ["mode"] = "delay", ["answerDelayMs"] = 5000, ["contains"] = $"{payment.PspTransactionId}-2" });
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).Live == 1, what: "the approval");

        await first.KillAsync();
        Assert.Null((await waiting).Status);
        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        await world.AssertEndedAsync(payment, "ABORTED", "Used");
        Assert.Equal(85, (await world.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
    }
}

public sealed class StepUpReplicaTests(StepUpReplicas world) : IClassFixture<StepUpReplicas>
{
    [Fact]
    public async Task Each_step_may_meet_another_replica()
    {
        var (payment, customer, first) = await world.SoftlyDeclinedAsync(920100);
        var elsewhere = new Customer(customer.Page.Replace(world.GatewayUrl.Authority, world.SecondGatewayUrl.Authority, StringComparison.Ordinal));
        var bank = Customer.BankOf(await elsewhere.StartAsync());
        Assert.Equal(bank, Customer.BankOf(await customer.LookAsync()));
        var answered = await Customer.SendAsync(HttpMethod.Post, bank, new() { ["action"] = "confirm", ["code"] = "1234" });

        var visits = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Customer.SendAsync(
            HttpMethod.Get, i % 2 == 0 ? answered.Location! : answered.Location!.Replace(world.GatewayUrl.Authority, world.SecondGatewayUrl.Authority, StringComparison.Ordinal), null)));

        Assert.Contains(visits, v => v.Location == world.OperationsUrl(payment, "OK"));
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
        await world.AssertAuthorisedAsync(payment, 920100);
        Assert.NotEqual(first.Body, (await world.Vipps.PostAsync(payment.PspTransactionId, new System.Text.Json.Nodes.JsonObject { ["repeatLast"] = true })).Body);
    }
}

public sealed class StepUpNotSentTests(StepUpOnALine world) : IClassFixture<StepUpOnALine>
{
    [Fact]
    public async Task What_surely_never_left_may_be_tried_again_five_times_in_all()
    {
        var (payment, customer, first) = await world.SoftlyDeclinedAsync(920100);
        await world.ToAcquirer.DisposeAsync();

        for (var tries = 1; tries < 5; tries++)
        {
            var visit = await customer.StartAsync();
            Assert.Equal(HttpStatusCode.OK, visit.Status);
            Assert.Contains("<button>Try again</button>", visit.Html, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>", visit.Html, StringComparison.Ordinal);
            Assert.Equal("Waiting", await world.StepUpStateAsync(payment));
        }

        Assert.Equal(first.Body, (await world.Vipps.PostAsync(payment.PspTransactionId, new System.Text.Json.Nodes.JsonObject { ["repeatLast"] = true })).Body);
        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await customer.StartAsync()).Location);
        await world.AssertEndedAsync(payment, "ABORTED", "Failed");
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Reverse'"));
    }
}

public sealed class StepUpReturnNotSentTests(StepUpOnALine world) : IClassFixture<StepUpOnALine>
{
    [Fact]
    public async Task What_the_bank_gave_is_kept_while_the_acquirer_cannot_be_reached_and_is_offered_five_times_in_all()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        var back = await customer.AnswerTheBankAsync("confirm", "1234");
        var given = back[(back.IndexOf('=', StringComparison.Ordinal) + 1)..];
        await world.ToAcquirer.DisposeAsync();

        for (var tries = 1; tries < 5; tries++)
        {
            var visit = await Customer.SendAsync(HttpMethod.Post, $"{customer.Page}/return", new() { ["redirectResult"] = given });
            Assert.Equal(HttpStatusCode.OK, visit.Status);
            Assert.Contains($"name=\"redirectResult\" value=\"{given}\"", visit.Html, StringComparison.Ordinal);
            Assert.DoesNotContain("http-equiv=\"refresh\"", visit.Html, StringComparison.Ordinal);
            Assert.Equal("Challenged", await world.StepUpStateAsync(payment));
        }

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), (await Customer.SendAsync(HttpMethod.Get, back, null)).Location);
        await world.AssertEndedAsync(payment, "ABORTED", "Failed");
    }
}
