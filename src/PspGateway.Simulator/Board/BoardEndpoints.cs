using System.Text.Json;

namespace PspGateway.Simulator.Board;

/// <summary>An exchange that another program of ours tells of: the walk's calls to the gateway do not pass the simulator.</summary>
internal sealed record ToldExchange(DateTimeOffset At, string Method, string Path, IReadOnlyList<string> Headers, byte[] Body, int Status, double TookMs, byte[] Answer);

internal static class BoardEndpoints
{
    public static void MapBoard(this WebApplication app)
    {
        app.MapGet("/", (BoardPage page) => page.Show(null));
        app.MapGet("/board", (BoardPage page) => page.Show(null));
        app.MapGet("/board/{reference}", (string reference, BoardPage page) => page.Show(reference));
        app.MapGet("/board/live", (HttpContext context, string? reference, string? at, BoardLive live) => live.Open(context, reference, at));
        app.MapGet("/board/messages/{number:long}", (long number, string? part, BoardPage page) => page.Message(number, part is not null));
        app.MapPost("/board/messages", TellAsync);
    }

    private static async Task<IResult> TellAsync(HttpRequest request, ExchangeLog log)
    {
        try
        {
            var body = await Wire.ReadBodyAsync(request, request.HttpContext.RequestAborted);
            foreach (var told in JsonSerializer.Deserialize<IReadOnlyList<ToldExchange>>(body ?? "[]"u8.ToArray(), Wire.Json) ?? [])
            {
                if (WireTap.AskerOf(told.Path) is { } party)
                {
                    var exchange = log.Begin(party, Party.Gateway, told.Method, told.Path, told.Headers, told.Body, told.At);
                    log.End(exchange, told.Status, told.Answer, TimeSpan.FromMilliseconds(told.TookMs));
                }
            }

            return Results.NoContent();
        }
        catch (JsonException exception)
        {
            return Results.BadRequest(exception.Message);
        }
    }
}
