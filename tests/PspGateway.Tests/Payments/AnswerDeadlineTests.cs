using PspGateway.Payments;

namespace PspGateway.Tests.Payments;

public sealed class AnswerDeadlineTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Both_clocks_run_from_the_first_byte_even_where_it_came_before()
    {
        var firstByte = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(2));
        var deadline = new AnswerDeadline(_time, firstByte, new DeadlineOptions());

        Assert.Equal(TimeSpan.FromSeconds(9), deadline.UntilStopWaiting);
        Assert.Equal(TimeSpan.FromSeconds(9.9), deadline.UntilLastOk);
    }

    [Fact]
    public void The_answer_is_open_until_exactly_its_time()
    {
        var deadline = New();

        _time.Advance(TimeSpan.FromSeconds(11) - TimeSpan.FromTicks(1));
        Assert.True(deadline.IsOpen);

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(deadline.IsOpen);
        Assert.Equal(TimeSpan.Zero, deadline.UntilStopWaiting);
        Assert.Equal(TimeSpan.FromSeconds(0.9), deadline.UntilLastOk);
    }

    [Fact]
    public void Nothing_left_is_zero_and_never_less()
    {
        var deadline = New();

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (deadline.UntilStopWaiting, deadline.UntilLastOk));
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public void A_wall_clock_that_is_set_changes_nothing(int seconds)
    {
        var deadline = New();

        _time.SetWallClock(_time.GetUtcNow().AddSeconds(seconds));

        Assert.Equal(TimeSpan.FromSeconds(11), deadline.UntilStopWaiting);
    }

    [Fact]
    public void The_defaults_leave_Vipps_time_to_hear_us()
    {
        var options = new DeadlineOptions();

        Assert.Equal((9, 11, 12), (options.AcquirerTimeout.TotalSeconds, options.StopWaiting.TotalSeconds, options.AnswerBy.TotalSeconds));
    }

    /// <summary>A late FAIL has most of the rest to be written in; the OK that it may find leaves after that; and both before the answer must have left.</summary>
    [Theory]
    [InlineData(11_000, 12_000, 11_800, 11_900)]
    [InlineData(1_000, 3_000, 2_600, 2_800)]
    [InlineData(1_000, 1_100, 1_080, 1_090)]
    [InlineData(1_000, 1_010, 1_050, 1_010)]
    public void The_last_look_comes_before_the_last_OK_and_that_before_the_answer_must_have_left(int stopWaitingMs, int answerByMs, int lastLookMs, int lastOkMs)
    {
        var options = new DeadlineOptions { StopWaiting = TimeSpan.FromMilliseconds(stopWaitingMs), AnswerBy = TimeSpan.FromMilliseconds(answerByMs) };
        var deadline = new AnswerDeadline(_time, _time.GetTimestamp(), options);

        Assert.Equal((TimeSpan.FromMilliseconds(lastLookMs), TimeSpan.FromMilliseconds(lastOkMs)), (deadline.UntilLastLook, deadline.UntilLastOk));
    }

    /// <summary>A process that is busy wakes up late: what it then does is cut short, not put off.</summary>
    [Fact]
    public void Who_comes_late_to_the_last_look_has_less_time_for_it()
    {
        var deadline = New();

        _time.Advance(TimeSpan.FromSeconds(11.7));

        Assert.Equal(TimeSpan.FromSeconds(0.1), deadline.UntilLastLook);
    }

    [Fact]
    public async Task What_cannot_be_done_at_once_is_tried_again_while_the_answer_is_open_and_told_of_once()
    {
        var (tries, told) = (0, new List<string>());
        var patient = New().PatientlyAsync<int>(_ => ++tries < 4 ? throw new InvalidOperationException($"try {tries}") : Task.FromResult(tries), why => told.Add(why.Message));
        while (!patient.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Yield();
        }

        Assert.Equal(4, await patient);
        Assert.Equal(["try 1"], told);
    }

    [Fact]
    public async Task A_try_that_goes_silent_is_given_up_for_another_and_the_last_one_ends_with_the_answer()
    {
        var limits = new List<CancellationToken>();
        var patient = New().PatientlyAsync(limit =>
        {
            limits.Add(limit);
            return new TaskCompletionSource<int>().Task;
        }, _ => { });
        for (var tenths = 0; tenths < 120; tenths++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await Assert.ThrowsAsync<TimeoutException>(() => patient.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        Assert.Equal(4, limits.Count);
        Assert.All(limits, limit => Assert.True(limit.IsCancellationRequested));
    }

    private AnswerDeadline New() => new(_time, _time.GetTimestamp(), new DeadlineOptions());
}
