using Npgsql;
using PspGateway.Storage;

namespace PspGateway.Tests.Storage;

public sealed class SharedStatementTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<Statement> _statements = [];
    private readonly SharedStatement<string, string> _shared;

    public SharedStatementTests() => _shared = new SharedStatement<string, string>(KeyOf, Begin, onlyReads: false, _time);

    public void Dispose() => _shared.Dispose();

    [Fact]
    public async Task One_that_comes_alone_goes_at_once()
    {
        var call = _shared.RunAsync("a");

        var statement = Assert.Single(_statements);
        statement.Take("a");
        Assert.Equal("a", await call);
    }

    [Fact]
    public async Task Those_that_come_while_the_place_is_taken_go_together_in_the_next()
    {
        TakeThePlace();
        var calls = new[] { "c", "d", "e" }.Select(c => _shared.RunAsync(c)).ToList();
        Assert.Single(_statements);

        _statements[0].Take("first");
        var together = await NextAsync(2);

        Assert.Equal(["c", "d", "e"], together.Calls);
        Assert.False(together.Alone);
        together.Take("c", "d", "e");
        Assert.Equal("cde", string.Concat(await Task.WhenAll(calls)));
    }

    [Fact]
    public async Task What_a_shared_statement_passed_by_goes_again_alone()
    {
        TakeThePlace();
        var (taken, locked) = (_shared.RunAsync("taken"), _shared.RunAsync("locked"));
        _statements[0].Take("first");
        (await NextAsync(2)).Take("taken");
        Assert.Equal("taken", await taken);

        var alone = await NextAsync(3);

        Assert.Equal(["locked"], alone.Calls);
        Assert.True(alone.Alone);
        alone.Take();
        Assert.Null(await locked);
    }

    [Fact]
    public async Task A_bad_row_fails_by_itself_and_its_neighbours_go_on()
    {
        TakeThePlace();
        var (good, bad) = (_shared.RunAsync("good"), _shared.RunAsync("bad"));
        _statements[0].Take("first");
        (await NextAsync(2)).Fail(Refused());

        foreach (var alone in new[] { await NextAsync(3), await NextAsync(4) })
        {
            if (alone.Calls is ["bad"])
            {
                alone.Fail(Refused());
            }
            else
            {
                alone.Take("good");
            }
        }

        Assert.Equal("good", await good);
        await Assert.ThrowsAsync<PostgresException>(() => bad);
    }

    [Fact]
    public async Task A_lost_confirmation_is_told_to_each_and_nothing_runs_twice()
    {
        TakeThePlace();
        var calls = new[] { _shared.RunAsync("c"), _shared.RunAsync("d") };
        _statements[0].Take("first");
        (await NextAsync(2)).Fail(new NpgsqlException("Exception while reading from stream"));

        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<NpgsqlException>(() => call);
        }

        Assert.Equal(2, _statements.Count);
    }

    [Fact]
    public async Task One_that_waits_for_its_row_holds_no_place()
    {
        var held = _shared.RunAsync("held");
        _statements[0].Take();
        var alone = await NextAsync(2);
        Assert.True(alone.Alone);

        var other = _shared.RunAsync("other");

        (await NextAsync(3)).Take("other");
        Assert.Equal("other", await other);
        alone.Take("held");
        Assert.Equal("held", await held);
    }

    [Fact]
    public async Task A_server_in_trouble_is_not_asked_once_for_each()
    {
        TakeThePlace();
        var calls = new[] { _shared.RunAsync("c"), _shared.RunAsync("d") };
        _statements[0].Take("first");
        (await NextAsync(2)).Fail(new PostgresException("the database is read-only", "ERROR", "ERROR", PostgresErrorCodes.ReadOnlySqlTransaction));

        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<PostgresException>(() => call);
        }

        Assert.Equal(2, _statements.Count);
    }

    [Fact]
    public async Task A_read_whose_connection_broke_runs_once_more()
    {
        using var reads = new SharedStatement<string, string>(KeyOf, Begin, onlyReads: true, _time);
        var read = reads.RunAsync("a");
        _statements[0].Fail(new NpgsqlException("Exception while reading from stream"));

        (await NextAsync(2)).Take("a");

        Assert.Equal("a", await read);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_fails_by_itself()
    {
        using var reads = new SharedStatement<string, string>(KeyOf, Begin, onlyReads: true, _time);
        _ = reads.RunAsync("first");
        var (good, odd) = (reads.RunAsync("good"), reads.RunAsync("odd"));
        _statements[0].Take("first");
        (await NextAsync(2)).Fail(new FormatException("no such state"));

        foreach (var alone in new[] { await NextAsync(3), await NextAsync(4) })
        {
            if (alone.Calls is ["odd"])
            {
                alone.Fail(new FormatException("no such state"));
            }
            else
            {
                alone.Take("good");
            }
        }

        Assert.Equal("good", await good);
        await Assert.ThrowsAsync<FormatException>(() => odd);
    }

    [Fact]
    public async Task A_payment_stands_in_a_statement_once()
    {
        TakeThePlace();
        var calls = new[] { "c", "c", "d" }.Select(c => _shared.RunAsync(c)).ToList();
        _statements[0].Take("first");
        var together = await NextAsync(2);
        Assert.Equal(["c", "d"], together.Calls);
        together.Take("c", "d");

        (await NextAsync(3)).Take("c");

        Assert.Equal("ccd", string.Concat(await Task.WhenAll(calls)));
    }

    [Fact]
    public async Task A_statement_that_hangs_holds_up_nobody_else()
    {
        TakeThePlace();
        var later = _shared.RunAsync("later");
        Assert.Single(_statements);

        _time.Advance(SharedStatement<string, string>.PlaceFor);

        (await NextAsync(2)).Take("later");
        Assert.Equal("later", await later);
    }

    [Fact]
    public async Task A_statement_takes_no_more_than_its_limit()
    {
        TakeThePlace();
        var calls = Enumerable.Range(0, SharedStatement<string, string>.MostAtOnce + 1).Select(i => _shared.RunAsync($"call {i}")).ToList();

        _statements[0].Take("first");

        var full = await NextAsync(2);
        Assert.Equal(SharedStatement<string, string>.MostAtOnce, full.Calls.Count);
        full.Take([.. full.Calls]);
        var rest = await NextAsync(3);
        rest.Take([.. rest.Calls]);
        Assert.Equal(calls.Count, (await Task.WhenAll(calls)).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Its thread is a request's, whose own answer is ready.</summary>
    [Fact]
    public async Task A_caller_is_not_held_up_by_what_its_neighbours_do_after_it()
    {
        using var stuck = new ManualResetEventSlim();
        SharedStatement<string, string>? shared = null;
        shared = new SharedStatement<string, string>(KeyOf, RunAtOnce, onlyReads: false, _time);
        using var end = shared;
        var caller = Task.Run(() => { _ = shared.RunAsync("own"); }, TestContext.Current.CancellationToken);

        await Task.WhenAny(caller, Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        var returned = caller.IsCompleted;
        stuck.Set();
        await caller;

        Assert.True(returned, "The caller ran its neighbour's statement, which was stuck.");

        Task<IReadOnlyDictionary<Guid, string>> RunAtOnce(IReadOnlyList<string> calls, Run run)
        {
            if (calls is ["own"])
            {
                _ = shared!.RunAsync("neighbour");
            }
            else
            {
                stuck.Wait(TimeSpan.FromSeconds(30));
            }

            return Task.FromResult<IReadOnlyDictionary<Guid, string>>(calls.ToDictionary(KeyOf));
        }
    }

    private void TakeThePlace()
    {
        _ = _shared.RunAsync("first");
        Assert.Single(_statements);
    }

    private async Task<Statement> NextAsync(int number)
    {
        for (var tries = 0; tries < 500; tries++)
        {
            lock (_statements)
            {
                if (_statements.Count >= number)
                {
                    return _statements[number - 1];
                }
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        throw new InvalidOperationException($"Statement {number} never began.");
    }

    private Task<IReadOnlyDictionary<Guid, string>> Begin(IReadOnlyList<string> calls, Run run)
    {
        var statement = new Statement(calls, run);
        lock (_statements)
        {
            _statements.Add(statement);
        }

        return statement.Result;
    }

    private static Guid KeyOf(string call) => new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(call)).AsSpan(0, 16));

    private static PostgresException Refused() => new("violates a constraint", "ERROR", "ERROR", PostgresErrorCodes.CheckViolation);

    private sealed class Statement(IReadOnlyList<string> calls, Run run)
    {
        private readonly TaskCompletionSource<IReadOnlyDictionary<Guid, string>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<string> Calls => calls;

        public bool Alone => run == Run.Alone;

        public Task<IReadOnlyDictionary<Guid, string>> Result => _result.Task;

        public void Take(params string[] taken) => _result.SetResult(taken.ToDictionary(KeyOf));

        public void Fail(Exception exception) => _result.SetException(exception);
    }
}
