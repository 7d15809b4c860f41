using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace PspGateway;

/// <summary>When the first byte of the current request came in, by the monotonic clock (ENGINE 1).</summary>
internal interface IFirstByteFeature
{
    long FirstByte { get; }

    /// <summary>The request is answered: the next bytes begin another.</summary>
    void Next();
}

/// <summary>Connection middleware that stamps the first read of each request. HTTP/1.1 only: a connection carries one request at a time.</summary>
internal static class FirstByte
{
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(5);

    public static void Stamp(IConnectionBuilder connections, TimeProvider time) => connections.Use(next => async connection =>
    {
        var stamp = new StampingReader(connection.Transport.Input, time);
        connection.Transport = new Duplex(stamp, connection.Transport.Output);
        connection.Features.Set<IFirstByteFeature>(stamp);
        await next(connection);
    });

    /// <summary>Lets the stamp begin anew once a request is answered.</summary>
    public static async Task RearmAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IFirstByteFeature>() is { } stamp)
        {
            // The request keeps its own stamp: the connection's moves on.
            context.Features.Set<IFirstByteFeature>(new Fixed(stamp.FirstByte));
            context.Response.OnCompleted(() =>
            {
                stamp.Next();
                return Task.CompletedTask;
            });
        }

        try
        {
            await next(context);
            await context.Response.CompleteAsync();
        }
        finally
        {
            await DrainAsync(context);
        }
    }

    /// <summary>What is left of a body that nobody read would be taken for the next request's first byte, if Kestrel read it after the answer.</summary>
    private static async Task DrainAsync(HttpContext context)
    {
        if (context.Response.Headers.Connection == "close")
        {
            // No next request comes on this connection.
            return;
        }

        using var timeout = new CancellationTokenSource(DrainWithin);
        try
        {
            await context.Request.Body.DrainAsync(timeout.Token);
        }
        catch (BadHttpRequestException)
        {
            // Too large: Kestrel closes the connection itself, once the answer is out.
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or InvalidOperationException)
        {
            context.Abort();
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed record Fixed(long FirstByte) : IFirstByteFeature
    {
        public void Next() => throw new InvalidOperationException("Only the connection's own stamp moves on.");
    }

    private sealed class StampingReader(PipeReader inner, TimeProvider time) : PipeReader, IFirstByteFeature
    {
        private long _stamp;

        public long FirstByte => _stamp == 0 ? time.GetTimestamp() : _stamp;

        public void Next() => _stamp = 0;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Stamped(await inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            var read = inner.TryRead(out result);
            if (read)
            {
                Stamped(result);
            }

            return read;
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        private ReadResult Stamped(ReadResult result)
        {
            if (_stamp == 0 && !result.Buffer.IsEmpty)
            {
                _stamp = time.GetTimestamp();
            }

            return result;
        }
    }
}
