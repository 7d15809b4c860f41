using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace PspGateway.Simulator.Board;

/// <summary>Tells an open board what happens, by server-sent events: rows as they come or get their answer, the heads, or that another page is due.</summary>
internal sealed class BoardLive(ExchangeLog log, BoardHeads heads, TimeProvider time, IHostApplicationLifetime lifetime) : IDisposable
{
    private const int MostAtOnce = 64;

    /// <summary>After this the browser asks again by itself.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <summary>What happens within it is told at once.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(60);

    private readonly SemaphoreSlim _places = new(MostAtOnce);

    public void Dispose() => _places.Dispose();

    /// <param name="at">what the page shows already</param>
    public IResult Open(HttpContext context, string? reference, string? at)
    {
        context.Response.Headers.CacheControl = "no-store";
        return _places.Wait(0) ? TypedResults.ServerSentEvents(EventsAsync(reference, at, context.RequestAborted)) : TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }

    private async IAsyncEnumerable<SseItem<string>> EventsAsync(string? reference, string? at, [EnumeratorCancellation] CancellationToken gone)
    {
        // A server that stops does not wait for its readers.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, lifetime.ApplicationStopping);
        using var watch = new CancellationTokenSource(Longest, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(either.Token, watch.Token);
        try
        {
            yield return new SseItem<string>("", "hello");
            List<(long Number, bool Answered)>? told = null;
            while (!end.IsCancellationRequested)
            {
                var next = log.NextAsync();
                var shown = BoardPage.Find(Conversations.Of(log.All()), reference);
                var rows = shown is null ? [] : BoardPage.RowsOf(shown).ToList();
                var isNew = told is null;
                told ??= BoardPage.TokenOf(shown) == at ? Seen(rows) : [];
                if (IsAnother(shown, at) || (!isNew && !StartsWith(rows, told)))
                {
                    yield return new SseItem<string>("", "again");
                    yield break;
                }

                if (shown is not null && !Seen(rows).SequenceEqual(told))
                {
                    yield return new SseItem<string>(heads.Of(shown).Html.ReplaceLineEndings(""), "heads");
                    foreach (var row in rows.Where(row => !told.Contains((row.Number, row.Answer is not null))))
                    {
                        yield return new SseItem<string>(BoardRows.Of(row, shown.Exchanges[0].At).Html.ReplaceLineEndings(""), "row");
                    }

                    told = Seen(rows);
                }

                await Task.WhenAny(next, Task.Delay(Timeout.InfiniteTimeSpan, end.Token));
                await Task.Delay(Rest, time, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            _places.Release();
        }
    }

    private static List<(long Number, bool Answered)> Seen(IEnumerable<Exchange> rows) => [.. rows.Select(row => (row.Number, row.Answer is not null))];

    private static bool IsAnother(Conversation? shown, string? at) => shown is null ? at != "none" : at?.StartsWith(shown.Reference + ".", StringComparison.Ordinal) != true;

    /// <summary>New rows go to the end; where one came between, or the oldest fell out, the page is read again.</summary>
    private static bool StartsWith(List<Exchange> rows, List<(long Number, bool Answered)> told) =>
        rows.Count >= told.Count && rows.Take(told.Count).Select(row => row.Number).SequenceEqual(told.Select(one => one.Number));
}
