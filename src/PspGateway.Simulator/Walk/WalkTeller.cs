using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using PspGateway.Simulator.Board;

namespace PspGateway.Simulator.Walk;

/// <summary>Tells the simulator's board of the walk's own calls, which do not pass it. A board that cannot be told is no trouble of the walk.</summary>
internal sealed class WalkTeller(ExchangeLog log, HttpClient client, Uri simulator, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, string> _lastLooks = new(StringComparer.Ordinal);
    private long _told;

    public async Task TellAsync(CancellationToken cancellationToken)
    {
        var fresh = log.All().Where(exchange => exchange.Number > _told && exchange.Answer is not null).ToList();
        _told = fresh.Count > 0 ? fresh.Max(exchange => exchange.Number) : _told;
        fresh.RemoveAll(exchange => !IsNews(exchange));
        if (fresh.Count == 0)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(fresh.Select(Told), Wire.Json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        try
        {
            using var response = await client.PostAsync(new Uri(simulator, "/board/messages"), content, either.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException || (exception is OperationCanceledException && timeout.IsCancellationRequested))
        {
            // The walk itself has failed or will fail at a step that needs the simulator, and says so there.
        }
    }

    /// <summary>The walk looks every few milliseconds; only a look that shows something else is told.</summary>
    private bool IsNews(Exchange exchange)
    {
        if (exchange.Method != "GET")
        {
            return true;
        }

        var seen = $"{exchange.Answer?.Status} {Convert.ToBase64String(exchange.Answer?.Body ?? [])}";
        return _lastLooks.GetValueOrDefault(exchange.Path) != seen && (_lastLooks[exchange.Path] = seen) is not null;
    }

    private static ToldExchange Told(Exchange exchange) => new(exchange.At, exchange.Method, exchange.Path, exchange.Headers, exchange.Body,
        exchange.Answer?.Status ?? 0, exchange.Answer?.Took.TotalMilliseconds ?? 0, exchange.Answer?.Body ?? []);
}
