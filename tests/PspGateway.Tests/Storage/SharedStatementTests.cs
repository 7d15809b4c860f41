using Npgsql;
using PspGateway.Storage;

namespace PspGateway.Tests.Storage;

public sealed class SharedStatementTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<Statement> _statements = [];
    private readonly SharedStatement<string, string> _shared;

    public SharedStatementTests() => _shared = new SharedStatement<string, string>(KeyOf, Begin, _time);

    [Fact]
    public async Task One_that_comes_alone_goes_at_once_and_alone()
    {
        var call = _shared.RunAsync("a");

        var statement = Assert.Single(_statements);
        Assert.True(statement.Alone);
        statement.Take("a");
        Assert.Equal("a", await call);
    }

    [Fact]
    public async Task Those_that_come_while_all_places_are_taken_go_together_in_the_next()
    {
        TakeAllPlaces();
        var calls = new[] { "c", "d", "e" }.Select(c => _shared.RunAsync(c)).ToList();
        Assert.Equal(2, _statements.Count);

        _statements[0].Take("first");
        var together = await NextAsync(3);

        Assert.Equal(["c", "d", "e"], together.Calls);
        Assert.False(together.Alone);
        together.Take("c", "d", "e");
        Assert.Equal("cde", string.Concat(await Task.WhenAll(calls)));
    }

    [Fact]
    public async Task What_a_shared_statement_passed_by_goes_again_alone()
    {
        TakeAllPlaces();
        var (taken, locked) = (_shared.RunAsync("taken"), _shared.RunAsync("locked"));
        _statements[0].Take("first");
        (await NextAsync(3)).Take("taken");
        Assert.Equal("taken", await taken);

        var alone = await NextAsync(4);

        Assert.Equal(["locked"], alone.Calls);
        Assert.True(alone.Alone);
        alone.Take();
        Assert.Null(await locked);
    }

    [Fact]
    public async Task A_bad_row_fails_by_itself_and_its_neighbours_go_on()
    {
        TakeAllPlaces();
        var (good, bad) = (_shared.RunAsync("good"), _shared.RunAsync("bad"));
        _statements[0].Take("first");
        (await NextAsync(3)).Fail(Refused());

        (await NextAsync(4)).Take("good");
        (await NextAsync(5)).Fail(Refused());

        Assert.Equal("good", await good);
        await Assert.ThrowsAsync<PostgresException>(() => bad);
    }

    [Fact]
    public async Task A_lost_confirmation_is_told_to_each_and_nothing_runs_twice()
    {
        TakeAllPlaces();
        var calls = new[] { _shared.RunAsync("c"), _shared.RunAsync("d") };
        _statements[0].Take("first");
        (await NextAsync(3)).Fail(new NpgsqlException("Exception while reading from stream"));

        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<NpgsqlException>(() => call);
        }

        Assert.Equal(3, _statements.Count);
    }

    [Fact]
    public async Task A_payment_stands_in_a_statement_once()
    {
        TakeAllPlaces();
        var calls = new[] { "c", "c", "d" }.Select(c => _shared.RunAsync(c)).ToList();
        _statements[0].Take("first");
        var together = await NextAsync(3);
        Assert.Equal(["c", "d"], together.Calls);
        together.Take("c", "d");

        (await NextAsync(4)).Take("c");

        Assert.Equal("ccd", string.Concat(await Task.WhenAll(calls)));
    }

    [Fact]
    public async Task A_statement_that_hangs_holds_up_nobody_else()
    {
        TakeAllPlaces();
        var later = _shared.RunAsync("later");
        Assert.Equal(2, _statements.Count);

        _time.Advance(SharedStatement<string, string>.PlaceFor);

        (await NextAsync(3)).Take("later");
        Assert.Equal("later", await later);
    }

    [Fact]
    public async Task A_statement_takes_no_more_than_its_limit()
    {
        TakeAllPlaces();
        var calls = Enumerable.Range(0, SharedStatement<string, string>.MostAtOnce + 1).Select(i => _shared.RunAsync($"call {i}")).ToList();

        _statements[0].Take("first");

        var full = await NextAsync(3);
        Assert.Equal(SharedStatement<string, string>.MostAtOnce, full.Calls.Count);
        full.Take([.. full.Calls]);
        var rest = await NextAsync(4);
        rest.Take([.. rest.Calls]);
        Assert.Equal(calls.Count, (await Task.WhenAll(calls)).Distinct(StringComparer.Ordinal).Count());
    }

    private void TakeAllPlaces()
    {
        _ = _shared.RunAsync("first");
        _ = _shared.RunAsync("second");
        Assert.Equal(2, _statements.Count);
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

    private Task<IReadOnlyDictionary<Guid, string>> Begin(IReadOnlyList<string> calls, bool alone)
    {
        var statement = new Statement(calls, alone);
        lock (_statements)
        {
            _statements.Add(statement);
        }

        return statement.Result;
    }

    private static Guid KeyOf(string call) => new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(call)).AsSpan(0, 16));

    private static PostgresException Refused() => new("violates a constraint", "ERROR", "ERROR", PostgresErrorCodes.CheckViolation);

    private sealed class Statement(IReadOnlyList<string> calls, bool alone)
    {
        private readonly TaskCompletionSource<IReadOnlyDictionary<Guid, string>> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<string> Calls => calls;

        public bool Alone => alone;

        public Task<IReadOnlyDictionary<Guid, string>> Result => _result.Task;

        public void Take(params string[] taken) => _result.SetResult(taken.ToDictionary(KeyOf));

        public void Fail(Exception exception) => _result.SetException(exception);
    }
}
