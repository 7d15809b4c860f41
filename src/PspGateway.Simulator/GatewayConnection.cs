using PspGateway.Simulator.Board;

namespace PspGateway.Simulator;

/// <summary>The way to the gateway: no proxy, no redirects, no cookies, no limit but the caller's own. The board listens.</summary>
internal sealed class GatewayConnection : IDisposable
{
    public GatewayConnection(ExchangeLog log)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };
        Client = new HttpClient(new WireTapHandler(log, handler)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public HttpClient Client { get; }

    public void Dispose() => Client.Dispose();
}
