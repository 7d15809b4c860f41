using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace PspGateway;

/// <summary>The first byte of the current request, by the monotonic clock (ENGINE 1).</summary>
internal interface IFirstByteFeature
{
    /// <summary>
    /// When it came in, at the latest: of what lay unread, while this process stood still, the kernel tells when the last of it came. Whoever sent it
    /// has waited since then.
    /// </summary>
    long FirstByte { get; }

    /// <summary>When this process read it.</summary>
    long FirstRead { get; }

    /// <summary>The request is answered: the next bytes begin another.</summary>
    void Next();
}

/// <summary>Connection middleware that stamps the first read of each request. HTTP/1.1 only: a connection carries one request at a time.</summary>
internal static class FirstByte
{
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(5);

    public static void Stamp(IConnectionBuilder connections, TimeProvider time) => connections.Use(next => async connection =>
    {
        var stamp = new StampingReader(connection.Transport.Input, connection.Features.Get<IConnectionSocketFeature>()?.Socket, time);
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
            context.Features.Set<IFirstByteFeature>(new Fixed(stamp.FirstByte, stamp.FirstRead));
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

    /// <summary>How long ago the kernel took in what was last sent to us, to a few milliseconds. Zero where it does not say.</summary>
    private static TimeSpan Unread(Socket? socket)
    {
        if (socket is not { AddressFamily: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 } || !OperatingSystem.IsLinux())
        {
            return TimeSpan.Zero;
        }

        // tcp_info.tcpi_last_data_recv, in milliseconds, of the kernel's linux/tcp.h.
        const int Tcp = 6, TcpInfo = 11, LastDataReceived = 52;
        Span<byte> info = stackalloc byte[LastDataReceived + sizeof(uint)];
        try
        {
            return socket.GetRawSocketOption(Tcp, TcpInfo, info) < info.Length ? TimeSpan.Zero : TimeSpan.FromMilliseconds(MemoryMarshal.Read<uint>(info[LastDataReceived..]));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Closed meanwhile.
            return TimeSpan.Zero;
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed record Fixed(long FirstByte, long FirstRead) : IFirstByteFeature
    {
        public void Next() => throw new InvalidOperationException("Only the connection's own stamp moves on.");
    }

    private sealed class StampingReader(PipeReader inner, Socket? socket, TimeProvider time) : PipeReader, IFirstByteFeature
    {
        private (long FirstByte, long FirstRead)? _stamp;

        public long FirstByte => _stamp?.FirstByte ?? time.GetTimestamp();

        public long FirstRead => _stamp?.FirstRead ?? time.GetTimestamp();

        public void Next() => _stamp = null;

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
            if (_stamp is null && !result.Buffer.IsEmpty)
            {
                var read = time.GetTimestamp();
                _stamp = (read - (long)(Unread(socket).TotalSeconds * time.TimestampFrequency), read);
            }

            return result;
        }
    }
}
