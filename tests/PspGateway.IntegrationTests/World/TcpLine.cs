using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PspGateway.IntegrationTests.World;

/// <summary>How a line treats what it carries. "Questions" go from who connected to whom it reaches, "answers" come back.</summary>
internal enum LineFault
{
    None,

    /// <summary>Bytes are taken in and none comes through, as on a line that nobody has cut.</summary>
    Blackhole,

    /// <summary>What is asked arrives and is done; the answer does not come.</summary>
    LoseAnswers,

    /// <summary>Every packet takes <see cref="TcpLine.Pause"/> longer.</summary>
    Delay,

    /// <summary>One byte at a time.</summary>
    Trickle,

    /// <summary>Connections are reset, and new ones too.</summary>
    Reset,
}

/// <summary>A piece of network between two processes, on loopback, that can fail in the ways in which networks fail.</summary>
internal sealed class TcpLine : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, Ports.Free());
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpLineConnection, Task> _open = new();
    private readonly IReadOnlyList<IPEndPoint> _targets;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next;
    private int _cuts;

    /// <param name="targets">Where it leads; of several, the first in turn that answers.</param>
    public TcpLine(params IReadOnlyList<IPEndPoint> targets)
    {
        _targets = targets;
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public LineFault Fault { get; private set; }

    public TimeSpan Pause { get; private set; }

    /// <summary>Which of several targets is always tried first; null: each in turn.</summary>
    public int? First { get; set; }

    public CancellationToken Stopped => _stop.Token;

    /// <summary>Completes when the line changes its ways.</summary>
    public Task Changed => _changed.Task;

    public void Set(LineFault fault, TimeSpan pause = default)
    {
        (Fault, Pause) = (fault, pause);
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        if (fault == LineFault.Reset)
        {
            foreach (var connection in _open.Keys)
            {
                connection.Reset();
            }
        }
    }

    /// <summary>The far ends go away without a word; whoever has connected here does not learn of it.</summary>
    public void HalfOpen()
    {
        foreach (var connection in _open.Keys)
        {
            connection.LoseFarEnd();
        }
    }

    /// <summary>The next statements to a Postgres are carried out, and their connections reset before the confirmation comes through.</summary>
    public void CutAfterCommit(int times) => Volatile.Write(ref _cuts, times);

    public bool TryTakeCut() => Volatile.Read(ref _cuts) > 0 && Interlocked.Decrement(ref _cuts) >= 0;

    public async ValueTask DisposeAsync()
    {
        Set(LineFault.None);
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_open.Values);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync(_stop.Token);
                near.NoDelay = true;
                var connection = new TcpLineConnection(this, near);
                var carried = CarryAsync(connection);
                _open[connection] = carried;
                _ = carried.ContinueWith(_ => _open.TryRemove(connection, out var _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The line is taken down.
        }
    }

    private async Task CarryAsync(TcpLineConnection connection)
    {
        await Task.Yield();
        if (Fault == LineFault.Reset || await ConnectAsync() is not { } far)
        {
            connection.Reset();
            return;
        }

        await connection.CarryAsync(far);
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        var first = First ?? Interlocked.Increment(ref _next);
        for (var i = 0; i < _targets.Count; i++)
        {
            var far = new TcpClient { NoDelay = true };
            try
            {
                await far.ConnectAsync(_targets[(int)((uint)(first + i) % _targets.Count)], _stop.Token);
                return far;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                far.Dispose();
            }
        }

        return null;
    }
}
