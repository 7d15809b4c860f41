namespace PspGateway.Tests;

public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Nothing_passes_until_it_is_advanced()
    {
        var start = _time.GetTimestamp();

        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(TimeSpan.FromSeconds(3), _time.GetElapsedTime(start));
    }

    [Fact]
    public void Timers_fire_in_the_order_they_are_due_and_periods_repeat()
    {
        var fired = new List<string>();
        var start = _time.GetTimestamp();
        using var late = _time.CreateTimer(_ => Note("once"), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var often = _time.CreateTimer(_ => Note("often"), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(["often 2", "often 4", "once 5", "often 6"], fired);

        void Note(string name) => fired.Add($"{name} {_time.GetElapsedTime(start).TotalSeconds}");
    }

    [Fact]
    public async Task A_delay_ends_when_its_time_has_come()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(1), _time, TestContext.Current.CancellationToken);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(delay.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await delay.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }
}
