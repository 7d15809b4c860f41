using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Npgsql;

namespace PspGateway.Storage;

/// <summary>
/// How connections are opened while the database is away and shortly after; else this does nothing. One opens at a time, and most find one in the pool
/// by then; while the server refuses, one tries for all. A server that comes back would otherwise start a process for each who waits, more at once than
/// it can before they give up; and with each that gives up Npgsql drops the whole pool.
/// </summary>
/// <param name="time">The process' monotonic clock.</param>
/// <param name="waitsFor">How long one waits for its turn. A late FAIL has 800 ms in all (ENGINE 8).</param>
/// <param name="thenWaitsFor">How long it waits then to pass by.</param>
internal sealed class OpeningTurns(TimeProvider time, TimeSpan waitsFor, TimeSpan thenWaitsFor) : IDisposable
{
    private const int PassBy = 8;
    private static readonly TimeSpan OneTriesEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ShortlyAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    private static readonly ConditionalWeakTable<NpgsqlDataSource, OpeningTurns> OfPools = [];

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>For some whose turn does not come: on a line that went silent, the one before does not come to an end.</summary>
    private readonly SemaphoreSlim _passBy = new(PassBy, PassBy);

    private volatile Failure? _last;
    private long _lastOpened;

    public static OpeningTurns Of(NpgsqlDataSource pool) => OfPools.GetValue(pool, _ => new OpeningTurns(TimeProvider.System, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(4)));

    /// <param name="open">Gives up when its token is cancelled, or by itself.</param>
    /// <param name="cancellationToken">Ends the wait for a turn, too.</param>
    /// <exception cref="NpgsqlException">What <paramref name="open"/> throws, or what that of another has just been told; or no turn came.</exception>
    public async Task<T> OpenAsync<T>(Func<CancellationToken, ValueTask<T>> open, CancellationToken cancellationToken)
    {
        if (_last is not { } before || (time.GetElapsedTime(before.At) > ShortlyAfter && _turn.CurrentCount > 0))
        {
            return await NotedAsync(open, cancellationToken);
        }

        var turn = await _turn.WaitAsync(waitsFor, cancellationToken) ? _turn
            : await _passBy.WaitAsync(thenWaitsFor, cancellationToken) ? _passBy
            : throw new NpgsqlException("No connection could be opened: others wait for one.", new TimeoutException());
        try
        {
            ThrowIfRefused();
            return await NotedAsync(open, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        _turn.Dispose();
        _passBy.Dispose();
    }

    private void ThrowIfRefused()
    {
        if (_last is { Refused: true } last && last.Began >= Volatile.Read(ref _lastOpened) && time.GetElapsedTime(last.At) < OneTriesEvery)
        {
            throw new NpgsqlException("The database was away a moment ago.", last.Why);
        }
    }

    private async Task<T> NotedAsync<T>(Func<CancellationToken, ValueTask<T>> open, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            var opened = await open(cancellationToken);
            if (_last is not null)
            {
                Volatile.Write(ref _lastOpened, time.GetTimestamp());
            }

            return opened;
        }
        catch (Exception exception) when (exception is OperationCanceledException ? time.GetElapsedTime(began) > Long : IsOfTheServer(exception))
        {
            // A connection that breaks as it opens, or takes too long, may be alone in that: it is a reason to take turns, and nobody else's failure.
            var refused = exception is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow } or { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } };
            _last = new Failure(began, time.GetTimestamp(), refused, exception);
            throw;
        }
    }

    /// <summary>An exhausted pool is Npgsql's TimeoutException too: nothing was asked of the server.</summary>
    private static bool IsOfTheServer(Exception exception) => exception is SocketException or IOException or TimeoutException
        || (exception is NpgsqlException { IsTransient: true } && !exception.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal));

    private sealed record Failure(long Began, long At, bool Refused, Exception Why);
}
