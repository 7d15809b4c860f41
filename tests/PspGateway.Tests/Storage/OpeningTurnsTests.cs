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

    public OpeningTurnsTests() => _turns = new OpeningTurns(_time);

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
        await Assert.ThrowsAsync<NpgsqlException>(FailAsync);
        _time.Advance(TimeSpan.FromMilliseconds(251));

        var failures = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Assert.ThrowsAsync<NpgsqlException>(FailAsync)));

        Assert.Equal(2, _tries);
        Assert.All(failures, failure => Assert.NotNull(DatabaseAway.Cause(failure)));
    }

    [Fact]
    public async Task A_worker_asks_for_nothing_that_another_has_just_been_refused_and_finds_out_for_nobody()
    {
        _turns.Pass();
        await Assert.ThrowsAsync<NpgsqlException>(FailAsync);

        Assert.NotNull(DatabaseAway.Cause(Assert.Throws<NpgsqlException>(_turns.Pass)));

        _time.Advance(TimeSpan.FromMilliseconds(251));
        _turns.Pass();
        Assert.True(await OpenAsync(() => Task.FromResult(true)));
        _turns.Pass();
    }

    [Theory]
    [InlineData(PostgresErrorCodes.CannotConnectNow, 1)]
    [InlineData(PostgresErrorCodes.TooManyConnections, 2)]
    public async Task Only_what_says_that_it_is_away_is_said_for_others(string code, int tries)
    {
        var refuses = () => OpenAsync(() => throw new PostgresException("", "FATAL", "FATAL", code));
        await Assert.ThrowsAnyAsync<NpgsqlException>(refuses);

        await Assert.ThrowsAnyAsync<NpgsqlException>(refuses);

        Assert.Equal(tries, _tries);
    }

    [Fact]
    public async Task Once_it_is_back_two_open_at_a_time_and_one_that_fails_on_its_own_is_no_outage()
    {
        await ComeBackAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => OpenAsync(() => throw new TimeoutException()));
        _tries = 0;

        var all = Open(5);

        Assert.Equal(2, _tries);
        _opened.SetResult(true);
        await Task.WhenAll(all);
        Assert.Equal(5, _tries);
    }

    [Fact]
    public async Task Nobody_waits_for_ever_behind_those_who_do_not_come_to_an_end()
    {
        await ComeBackAsync();
        Open(2);

        Assert.True(await OpenAsync(() => Task.FromResult(true)));
    }

    [Fact]
    public async Task Who_gives_up_while_waiting_takes_no_turn()
    {
        await ComeBackAsync();
        var two = Open(2);
        using var limit = new CancellationTokenSource();
        var waits = _turns.OpenAsync(_ => new ValueTask<bool>(true), limit.Token);
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        _opened.SetResult(true);
        await Task.WhenAll(two);

        Assert.True(await OpenAsync(() => Task.FromResult(true)));
    }

    [Fact]
    public async Task A_while_after_it_came_back_all_open_at_once_again()
    {
        await ComeBackAsync();
        _tries = 0;
        _time.Advance(TimeSpan.FromSeconds(6));

        Open(20);

        Assert.Equal(20, _tries);
    }

    private async Task ComeBackAsync()
    {
        await Assert.ThrowsAsync<NpgsqlException>(FailAsync);
        _time.Advance(TimeSpan.FromMilliseconds(251));
        await OpenAsync(() => Task.FromResult(true));
    }

    private Task<bool> FailAsync() => OpenAsync(() => throw new NpgsqlException("Failed to connect", new SocketException((int)SocketError.ConnectionRefused)));

    private List<Task<bool>> Open(int count) => [.. Enumerable.Range(0, count).Select(_ => OpenAsync(() => _opened.Task))];

    private Task<bool> OpenAsync(Func<Task<bool>> open) => _turns.OpenAsync(
        _ =>
        {
            Interlocked.Increment(ref _tries);
            return new ValueTask<bool>(open());
        },
        CancellationToken.None);
}
