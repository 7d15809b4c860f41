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
        await FailAsync(Refused);
        _time.Advance(TimeSpan.FromMilliseconds(251));
        var tries = Open(20);

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
        _time.Advance(TimeSpan.FromSeconds(6));
        _tries = 0;
        var later = new TaskCompletionSource<bool>();
        _ = Enumerable.Range(0, 5).Select(_ => OpenAsync(() => later.Task)).ToList();
        Assert.Equal(5, _tries);
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
    public async Task Nobody_waits_for_ever_behind_one_that_does_not_come_to_an_end_and_not_all_pass_it()
    {
        await FailAsync(new NpgsqlException("timeout", new TimeoutException()));
        _tries = 0;
        Open(30);

        for (var waits = 0; waits < 100 && Volatile.Read(ref _tries) < 9; waits++)
        {
            await Task.Delay(50);
        }

        await Task.Delay(200);
        Assert.Equal(9, _tries);
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
        _tries = 0;
        var next = new TaskCompletionSource<bool>();

        _ = Enumerable.Range(0, 3).Select(_ => OpenAsync(() => next.Task)).ToList();

        Assert.Equal(1, _tries);
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
