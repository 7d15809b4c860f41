using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Npgsql;

namespace PspGateway.Storage;

/// <summary>
/// How connections are opened while the database is away and shortly after; else this does nothing. While the server refuses, one tries for all. Once it
/// has let one in, a few open at a time, and most find one in the pool by then. A server that comes back would otherwise start a process for each who
/// waits, more at once than it can before they give up; and with each that gives up Npgsql drops the whole pool.
/// </summary>
internal sealed class OpeningTurns(TimeProvider time) : IDisposable
{
    private const int AtOnce = 2;
    private static readonly TimeSpan OneTriesEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ShortlyAfter = TimeSpan.FromSeconds(5);

    /// <summary>On a line that went silent, those before do not come to an end: nobody waits longer for them.</summary>
    private static readonly TimeSpan WaitsFor = TimeSpan.FromSeconds(1);

    private static readonly ConditionalWeakTable<NpgsqlDataSource, OpeningTurns> OfPools = [];

    private readonly SemaphoreSlim _turn = new(AtOnce);
    private volatile Outage? _last;

    public static OpeningTurns Of(NpgsqlDataSource pool) => OfPools.GetValue(pool, _ => new OpeningTurns(TimeProvider.System));

    /// <param name="open">Gives up when its token is cancelled, or by itself.</param>
    /// <param name="cancellationToken">Ends the wait for a turn, too.</param>
    /// <exception cref="NpgsqlException">What <paramref name="open"/> throws, or that of another has just thrown.</exception>
    public async Task<T> OpenAsync<T>(Func<CancellationToken, ValueTask<T>> open, CancellationToken cancellationToken)
    {
        if (_last is not { } before || time.GetElapsedTime(before.At) > ShortlyAfter)
        {
            return await NotedAsync(open, cancellationToken);
        }

        var hasTurn = await _turn.WaitAsync(WaitsFor, cancellationToken);
        try
        {
            Pass();
            if (_last is { IsOver: false } now)
            {
                _last = now with { At = time.GetTimestamp() };
            }

            return await NotedAsync(open, cancellationToken);
        }
        finally
        {
            if (hasTurn)
            {
                _turn.Release();
            }
        }
    }

    /// <summary>For a statement that opens a connection by itself. A worker's comes again soon, and need not find out for others.</summary>
    /// <exception cref="NpgsqlException">What that of another has just thrown.</exception>
    public void Pass()
    {
        if (_last is { IsOver: false } now && time.GetElapsedTime(now.At) < OneTriesEvery)
        {
            throw new NpgsqlException("The database was away a moment ago.", now.Why);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<T> NotedAsync<T>(Func<CancellationToken, ValueTask<T>> open, CancellationToken cancellationToken)
    {
        try
        {
            var opened = await open(cancellationToken);
            if (_last is { IsOver: false } outage)
            {
                _last = outage with { At = time.GetTimestamp(), IsOver = true };
            }

            return opened;
        }
        catch (NpgsqlException exception) when (exception is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow } or { InnerException: SocketException or IOException })
        {
            _last = new Outage(time.GetTimestamp(), exception, IsOver: false);
            throw;
        }
    }

    /// <param name="At">When it was last seen to go on, or to be over.</param>
    private sealed record Outage(long At, NpgsqlException Why, bool IsOver);
}
