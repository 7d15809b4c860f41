using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace PspGateway.IntegrationTests.World;

/// <summary>The network between a gateway and its Postgres: it can go silent, as a line does that nobody has cut.</summary>
internal sealed class PostgresLine : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, Ports.Free());
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _questions = Opened();
    private volatile TaskCompletionSource _answers = Opened();

    public PostgresLine(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port) = (settings.Host ?? "127.0.0.1", settings.Port);
        _listener.Start();
        settings.Host = "127.0.0.1";
        settings.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        ConnectionString = settings.ConnectionString;
        _accepting = AcceptAsync();
    }

    /// <summary>The same database, through this line.</summary>
    public string ConnectionString { get; }

    /// <summary>From now on bytes are taken in, and none comes through.</summary>
    public void GoSilent()
    {
        _questions = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LoseAnswers();
    }

    /// <summary>What is asked still arrives and is done; only its confirmation does not come.</summary>
    public void LoseAnswers() => _answers = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ComeBack()
    {
        _questions.TrySetResult();
        _answers.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        ComeBack();
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The line is taken down.
        }
    }

    private async Task CarryAsync(TcpClient gateway)
    {
        using var postgres = new TcpClient();
        using (gateway)
        {
            try
            {
                await postgres.ConnectAsync(_host, _port, _stop.Token);
                await Task.WhenAny(PumpAsync(gateway.GetStream(), postgres.GetStream(), () => _questions), PumpAsync(postgres.GetStream(), gateway.GetStream(), () => _answers));
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // One side has gone; so does the other.
            }
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Func<TaskCompletionSource> open)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0)
            {
                await open().Task.WaitAsync(_stop.Token);
                await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has gone; so does the other.
        }
    }
}
