using System.Net.Sockets;
using Npgsql;
using PspGateway.Storage;

namespace PspGateway.Tests.Storage;

public sealed class OpeningTurnsTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly OpeningTurns _turns;
    private readonly TaskCompletionSource<bool> _opened = new();
    private int _tries;

    public OpeningTurnsTests() => _turns = new OpeningTurns(_time, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    private static NpgsqlException Refused => new("Failed to connect", new SocketException((int)SocketError.ConnectionRefused));

    public void Dispose() => _turns.Dispose();

    [Fact]
    public void Where_nothing_has_failed_all_open_at_once()
    {
        Open(20);

        Assert.Equal(20, _tries);
    }

    [Fact]
    public async Task While_the_server_refuses_one_tries_for_all()
    {
        await FailAsync(Refused);
        _time.Advance(TimeSpan.FromMilliseconds(251));
        var tries = Open(20);

        _opened.SetException(Refused);

        var failures = await Task.WhenAll(tries.Select(one => Assert.ThrowsAsync<NpgsqlException>(() => one)));
        Assert.Equal(2, _tries);
        Assert.All(failures, failure => Assert.NotNull(DatabaseAway.Cause(failure)));
    }

    [Fact]
    public async Task Those_who_wait_for_one_that_is_let_in_are_let_in_too()
    {
        var straggler = new TaskCompletionSource<bool>();
        var late = OpenAsync(() => straggler.Task);
        await FailAsync(Refused);
        _time.Advance(TimeSpan.FromMilliseconds(251));
        var tries = Open(20);
        straggler.SetException(Refused);
        await Assert.ThrowsAsync<NpgsqlException>(() => late);

        _opened.SetResult(true);

        Assert.DoesNotContain(false, await Task.WhenAll(tries));
    }

    public static TheoryData<NpgsqlException, bool> Failures => new()
    {
        { Refused, true },
        { new PostgresException("starting up", "FATAL", "FATAL", PostgresErrorCodes.CannotConnectNow), true },
        { new PostgresException("too many clients", "FATAL", "FATAL", PostgresErrorCodes.TooManyConnections), false },
        { new NpgsqlException("reset", new IOException("reset")), false },
        { new NpgsqlException("timeout", new TimeoutException()), false },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Only_a_refusal_is_also_said_to_others(NpgsqlException failure, bool forAll)
    {
        await FailAsync(failure);

        Assert.Equal(forAll, await Record.ExceptionAsync(() => OpenAsync(() => Task.FromResult(true))) is not null);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task After_any_failure_one_opens_at_a_time_for_a_while(NpgsqlException failure, bool forAll)
    {
        await FailAsync(failure);
        _time.Advance(forAll ? TimeSpan.FromMilliseconds(251) : TimeSpan.Zero);
        _tries = 0;

        var all = Open(5);

        Assert.Equal(1, _tries);
        _opened.SetResult(true);
        await Task.WhenAll(all);
        Assert.Equal(5, _tries);

        _time.Advance(TimeSpan.FromSeconds(4.7));
        var stillOne = await StartedAsync(5);
        _time.Advance(TimeSpan.FromSeconds(0.4));
        Assert.Equal((1, 5), (stillOne, await StartedAsync(5)));
    }

    [Fact]
    public async Task A_refusal_of_one_that_began_before_the_server_was_back_is_nobody_elses()
    {
        var straggler = new TaskCompletionSource<bool>();
        var late = OpenAsync(() => straggler.Task);
        await FailAsync(Refused);
        _time.Advance(TimeSpan.FromMilliseconds(251));
        await OpenAsync(() => Task.FromResult(true));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        straggler.SetException(Refused);

        await Assert.ThrowsAsync<NpgsqlException>(() => late);
        Assert.True(await OpenAsync(() => Task.FromResult(true)));
    }

    [Fact]
    public async Task Turns_are_taken_for_as_long_as_one_does_not_come_to_an_end()
    {
        await FailAsync(new NpgsqlException("timeout", new TimeoutException()));
        Open(1);
        _time.Advance(TimeSpan.FromMinutes(1));
        _tries = 0;

        Open(20);

        Assert.Equal(0, _tries);
    }

    [Fact]
    public async Task An_exhausted_pool_is_no_outage()
    {
        await FailAsync(new NpgsqlException("The connection pool has been exhausted, either raise 'Max Pool Size'", new TimeoutException()));
        _tries = 0;

        Open(20);

        Assert.Equal(20, _tries);
    }

    [Theory]
    [InlineData(0.5, 20)]
    [InlineData(1.5, 1)]
    public async Task One_that_was_given_up_after_a_while_is_a_reason_to_take_turns(double seconds, int tries)
    {
        var slow = OpenAsync(() => _opened.Task);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _opened.SetCanceled(CancellationToken.None);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);

        Assert.Equal(tries, await StartedAsync(20));
    }

    [Fact]
    public async Task Nobody_waits_for_ever_behind_one_that_does_not_come_to_an_end_and_not_all_pass_it()
    {
        using var impatient = new OpeningTurns(_time, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50));
        var started = 0;
        Func<CancellationToken, ValueTask<bool>> hang = _ =>
        {
            Interlocked.Increment(ref started);
            return new ValueTask<bool>(_opened.Task);
        };
        await Assert.ThrowsAsync<NpgsqlException>(() => impatient.OpenAsync<bool>(_ => throw new NpgsqlException("timeout", new TimeoutException()), CancellationToken.None));

        var all = Enumerable.Range(0, 30).Select(_ => impatient.OpenAsync(hang, CancellationToken.None)).ToList();

        for (var waits = 0; waits < 200 && all.Count(one => one.IsFaulted) < 21; waits++)
        {
            await Task.Delay(50);
        }

        Assert.Equal((9, 21), (started, all.Count(one => one.IsFaulted)));
    }

    [Fact]
    public async Task Who_gives_up_while_waiting_takes_no_turn()
    {
        await FailAsync(new NpgsqlException("timeout", new TimeoutException()));
        var first = Open(1);
        using var limit = new CancellationTokenSource();
        var waits = _turns.OpenAsync(_ => new ValueTask<bool>(true), limit.Token);
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        _opened.SetResult(true);
        await Task.WhenAll(first);

        Assert.Equal(1, await StartedAsync(3));
    }

    /// <summary>How many of them begin at once. All end.</summary>
    private async Task<int> StartedAsync(int count)
    {
        _tries = 0;
        var opened = new TaskCompletionSource<bool>();
        var all = Enumerable.Range(0, count).Select(_ => OpenAsync(() => opened.Task)).ToList();
        var started = _tries;
        opened.SetResult(true);
        await Task.WhenAll(all);
        return started;
    }

    private Task<NpgsqlException> FailAsync(NpgsqlException failure) => Assert.ThrowsAnyAsync<NpgsqlException>(() => OpenAsync(() => throw failure));

    private List<Task<bool>> Open(int count) => [.. Enumerable.Range(0, count).Select(_ => OpenAsync(() => _opened.Task))];

    private Task<bool> OpenAsync(Func<Task<bool>> open) => _turns.OpenAsync(
        _ =>
        {
            Interlocked.Increment(ref _tries);
            return new ValueTask<bool>(open());
        },
        CancellationToken.None);
}
