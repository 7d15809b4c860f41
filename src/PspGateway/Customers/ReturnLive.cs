using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using PspGateway.Storage;

namespace PspGateway.Customers;

/// <summary>Tells an open return page, by server-sent events, that its payment is decided. It says nothing else: the page is read again then.</summary>
internal sealed class ReturnLive(ReturnWatch watch, TimeProvider time, IHostApplicationLifetime lifetime) : IDisposable
{
    /// <summary>After this the browser asks again by itself.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>Pages above this number wait by refreshing.</summary>
    private const int MostAtOnce = 2000;

    private readonly SemaphoreSlim _places = new(MostAtOnce);

    public void Dispose() => _places.Dispose();

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/return/{reference}/live", (string reference, HttpContext context, ReturnLive live) => live.Open(reference, context))
        .AllowAnonymous().WithTags("Customers").WithSummary("Tells the return page that its payment is decided")
        .WithDescription("Server-sent events: one named `decided`, or none within a minute.").Produces<string>(200, "text/event-stream").Produces(404).Produces(503);

    private IResult Open(string reference, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (reference.Length != ReturnPage.ReferenceLength)
        {
            return TypedResults.NotFound();
        }

        return _places.Wait(0) ? TypedResults.ServerSentEvents(EventsAsync(reference, context.RequestAborted)) : TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }

    private async IAsyncEnumerable<SseItem<string>> EventsAsync(string reference, [EnumeratorCancellation] CancellationToken left)
    {
        // A process that stops does not wait for its readers: they ask the next one.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(left, lifetime.ApplicationStopping);
        var gone = either.Token;
        try
        {
            var from = time.GetTimestamp();
            yield return new SseItem<string>("", "waiting");
            while (!gone.IsCancellationRequested && time.GetElapsedTime(from) < Longest)
            {
                var next = watch.NextAsync(reference);
                await Task.WhenAny(next, Task.Delay(Longest, time, gone));
                if (gone.IsCancellationRequested || next.IsFaulted)
                {
                    // A page whose events end without a word asks again, and is told what is wrong.
                    yield break;
                }

                if (await next is not { } state || !ReturnPage.IsUndecided(state))
                {
                    yield return new SseItem<string>("", "decided");
                    yield break;
                }
            }
        }
        finally
        {
            _places.Release();
        }
    }
}
