using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class WorldOnALine(TestPostgres postgres) : TestWorld(postgres)
{
    protected override int Replicas => 2;

    protected override bool OnALine => true;

    /// <summary>As far from one another as a busy machine needs: two seconds and more from the late FAIL to the last OK.</summary>
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Deadlines:AcquirerTimeout"] = "00:00:04",
        ["Deadlines:StopWaiting"] = "00:00:05",
        ["Deadlines:AnswerBy"] = "00:00:08",
    };
}

/// <summary>Invariant I11: every makePayment is answered in time, also when the database neither answers nor refuses.</summary>
public sealed class SilentDatabaseTests(WorldOnALine world) : IClassFixture<WorldOnALine>
{
    private const double AnswerWithinMs = 8_500;

    [Fact]
    public async Task A_database_that_goes_silent_before_the_accept_is_answered_in_time_and_nothing_is_sent()
    {
        // One before, so that connections are open: the silence then meets a question, not a connect.
        Assert.Equal("OK", (await world.Vipps.PostAsync((await world.Merchant.CreateAsync()).PspTransactionId)).PaymentStatus);
        var payment = await world.Merchant.CreateAsync();
        world.Line.GoSilent();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.Vipps.PostAsync(payment.PspTransactionId)));
        var cancel = await world.Vipps.PostAsync(payment.PspTransactionId, "USER_CANCEL");
        world.Line.ComeBack();

        Assert.All(answers, a => Assert.Equal("FAIL", a.PaymentStatus));
        Assert.All(answers.Append(cancel), a => Assert.InRange(a.ElapsedMs, 0, AnswerWithinMs));
        Assert.Equal(93, cancel.ErrorId);
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "ABORTED", what: "the end of the payment");
    }

    [Fact]
    public async Task An_OK_whose_commit_is_not_confirmed_in_time_is_not_sent_and_is_overruled()
    {
        var payment = await world.Merchant.CreateAsync(800200);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);
        await Task.Delay(300);
        world.Line.LoseAnswers();

        var posted = await waiting;
        var committed = await world.QueryAsync<string>($"select answer from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Authorise'");
        world.Line.ComeBack();

        Assert.Equal("Ok", committed);
        Assert.Equal(("FAIL", 85), (posted.PaymentStatus, posted.ErrorId));
        Assert.InRange(posted.ElapsedMs, 0, AnswerWithinMs);
        await world.UntilReversedAsync(payment.PspTransactionId, seconds: 60);
        Assert.Equal(0, (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("cancelled"));
        Assert.Equal("ABORTED", await world.Merchant.StateAsync(payment.Reference));
    }

    [Fact]
    public async Task A_repeat_is_not_told_FAIL_before_the_call_that_was_accepted_has_had_its_last_chance()
    {
        var payment = await world.Merchant.CreateAsync(800200);
        var started = TimeProvider.System.GetTimestamp();
        var calls = Enumerable.Range(0, 3).Select(_ => world.Vipps.PostAsync(payment.PspTransactionId)).ToList();
        await world.UntilAuthorisingAsync(payment.PspTransactionId);
        await Task.Delay(300);
        world.Line.LoseAnswers();

        // The stored OK is found when the late FAIL is tried, between 5.0 and 7.4 s.
        await Task.Delay(TimeSpan.FromSeconds(5.5) - TimeProvider.System.GetElapsedTime(started));
        world.Line.ComeBack();
        var answers = await Task.WhenAll(calls);

        Assert.Contains(answers, a => a.PaymentStatus == "OK");
        Assert.All(answers, a => Assert.InRange(a.ElapsedMs, 0, AnswerWithinMs));
        Assert.Equal("RESERVED", (await world.Vipps.PaymentAsync(payment.PspTransactionId))["state"]!.GetValue<string>());
        Assert.Equal(1, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    [Fact]
    public async Task A_database_that_goes_silent_while_authorising_is_answered_85_in_time_and_the_approval_is_reversed()
    {
        var payment = await world.Merchant.CreateAsync(800200);
        var waiting = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);
        world.Line.GoSilent();

        var posted = await waiting;
        world.Line.ComeBack();

        Assert.Equal(("FAIL", 85), (posted.PaymentStatus, posted.ErrorId));
        Assert.InRange(posted.ElapsedMs, 0, AnswerWithinMs);
        await world.UntilReversedAsync(payment.PspTransactionId, seconds: 60);
        Assert.Equal((0, 0), ((await world.BooksAsync(payment.PspTransactionId)).Live, (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("cancelled")));
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "ABORTED");
    }
}
