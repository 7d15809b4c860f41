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
        Assert.Equal(TimeSpan.FromSeconds(10), deadline.UntilAnswerBy);
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
        Assert.Equal(TimeSpan.FromSeconds(1), deadline.UntilAnswerBy);
    }

    [Fact]
    public void Nothing_left_is_zero_and_never_less()
    {
        var deadline = New();

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (deadline.UntilStopWaiting, deadline.UntilAnswerBy));
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

    [Theory]
    [InlineData(11_000, 12_000, 800)]
    [InlineData(1_000, 3_000, 1_600)]
    [InlineData(1_000, 1_100, 80)]
    [InlineData(1_000, 1_010, 50)]
    public void A_late_FAIL_has_most_of_the_rest_to_be_written_in(int stopWaitingMs, int answerByMs, int lateWriteMs)
    {
        var options = new DeadlineOptions { StopWaiting = TimeSpan.FromMilliseconds(stopWaitingMs), AnswerBy = TimeSpan.FromMilliseconds(answerByMs) };

        Assert.Equal(TimeSpan.FromMilliseconds(lateWriteMs), options.LateWrite);
    }

    [Fact]
    public void A_repeat_waits_until_the_call_before_it_has_had_its_last_chance()
    {
        Assert.Equal(TimeSpan.FromSeconds(11.9), New().UntilRepeatsGiveUp);
    }

    private AnswerDeadline New() => new(_time, _time.GetTimestamp(), new DeadlineOptions());
}
