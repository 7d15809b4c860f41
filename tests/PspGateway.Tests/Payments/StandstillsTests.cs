using Microsoft.Extensions.Logging.Abstractions;
using PspGateway.Payments;

namespace PspGateway.Tests.Payments;

public sealed class StandstillsTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly Standstills _standstills;

    public StandstillsTests()
    {
        _standstills = new Standstills(_time, NullLogger<Standstills>.Instance);
        Live();
    }

    public void Dispose() => _standstills.Dispose();

    [Fact]
    public void What_is_read_while_the_process_runs_has_just_come()
    {
        Live();

        Assert.Equal(Now, _standstills.EarliestOf(Now));
    }

    [Fact]
    public void What_is_read_after_a_standstill_may_be_as_old_as_that()
    {
        var from = Now;
        Pass(5);
        _standstills.Beat();
        Pass(0.3);

        Assert.Equal(from, _standstills.EarliestOf(Now));
    }

    [Fact]
    public async Task What_is_read_by_a_process_that_hardly_gets_to_start_may_be_as_old_as_its_start()
    {
        using var processor = new ManualResetEventSlim();
        using var starting = new Standstills(new StarvedTimeProvider(_time, processor), NullLogger<Standstills>.Instance);
        var from = Now;
        await starting.StartAsync(CancellationToken.None);
        Pass(5);
        var earliest = starting.EarliestOf(Now);
        processor.Set();
        await starting.StopAsync(CancellationToken.None);

        Assert.Equal(from, earliest);
    }

    [Fact]
    public void What_is_read_before_the_first_sign_of_life_may_be_as_old_too()
    {
        var from = Now;
        Pass(5);

        Assert.Equal(from, _standstills.EarliestOf(Now));
    }

    [Fact]
    public void Two_standstills_without_the_time_to_catch_up_between_them_are_one()
    {
        var from = Now;
        Pass(5);
        _standstills.Beat();
        Pass(0.7);
        var beforeTheBeat = _standstills.EarliestOf(Now);
        _standstills.Beat();
        Pass(0.1);

        Assert.Equal((from, from), (beforeTheBeat, _standstills.EarliestOf(Now)));
    }

    [Fact]
    public void A_long_standstill_soon_after_a_short_one_reaches_back_to_the_first()
    {
        var from = Now;
        Pass(0.7);
        _standstills.Beat();
        Pass(0.1);
        _standstills.Beat();
        Pass(5);
        _standstills.Beat();
        Pass(1.9);

        Assert.Equal(from, _standstills.EarliestOf(Now));
    }

    [Fact]
    public void A_second_one_that_is_as_long_counts_as_well()
    {
        Pass(5);
        Live(beats: 19);
        Pass(4.9);
        _standstills.Beat();
        Pass(0.1);

        Assert.True(_time.GetElapsedTime(_standstills.EarliestOf(Now)) >= TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Short_ones_of_a_busy_machine_do_not_add_up()
    {
        for (var i = 0; i < 30; i++)
        {
            Pass(0.7);
            _standstills.Beat();

            Assert.InRange(_time.GetElapsedTime(_standstills.EarliestOf(Now)), TimeSpan.Zero, TimeSpan.FromSeconds(3.5));
        }
    }

    [Fact]
    public void What_is_read_once_it_has_caught_up_has_just_come()
    {
        Pass(5);
        Live();
        Pass(0.1);

        Assert.Equal(Now, _standstills.EarliestOf(Now));
    }

    [Fact]
    public void What_was_read_before_the_standstill_grows_no_younger_by_it()
    {
        Pass(0.1);
        var read = Now;
        Pass(0.1);
        _standstills.Beat();
        Pass(5);
        _standstills.Beat();

        Assert.Equal(read, _standstills.EarliestOf(read));
    }

    [Fact]
    public void A_moment_without_a_sign_of_life_is_no_standstill()
    {
        Pass(0.4);

        Assert.Equal(Now, _standstills.EarliestOf(Now));
    }

    private long Now => _time.GetTimestamp();

    private void Live(int beats = 22)
    {
        for (var i = 0; i < beats; i++)
        {
            Pass(0.1);
            _standstills.Beat();
        }
    }

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Whoever wants a timer waits for the processor first.</summary>
    private sealed class StarvedTimeProvider(ManualTimeProvider time, ManualResetEventSlim processor) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            processor.Wait(TimeSpan.FromSeconds(10));
            return time.CreateTimer(callback, state, dueTime, period);
        }
    }
}
