using System.Net.Sockets;

namespace PspGateway.IntegrationTests.World;

/// <summary>One connection over a <see cref="TcpLine"/>.</summary>
internal sealed class TcpLineConnection(TcpLine line, TcpClient near)
{
    private static readonly TimeSpan BetweenBytes = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);
    private TcpClient? _far;
    private volatile bool _cut;
    private volatile bool _halfOpen;

    public async Task CarryAsync(TcpClient far)
    {
        _far = far;
        try
        {
            using (near)
            using (far)
            {
                var questions = PumpAsync(near.GetStream(), far.GetStream(), answers: false);
                var answers = PumpAsync(far.GetStream(), near.GetStream(), answers: true);
                if (await Task.WhenAny(questions, answers) == questions && !await questions)
                {
                    // Whoever was asked is gone; what it had said before still comes through, as on a real line.
                    await Task.WhenAny(answers, Task.Delay(LastWords, line.Stopped));
                }

                if (_halfOpen)
                {
                    // Nothing more is said to who is here, until it goes or the line ends.
                    await DrainAsync(near.GetStream());
                }
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // One side has gone; so does the other.
        }
    }

    /// <summary>With RST, not FIN.</summary>
    public void Reset()
    {
        End(near);
        End(_far);
    }

    public void LoseFarEnd()
    {
        _halfOpen = true;
        End(_far);
    }

    private static void End(TcpClient? side)
    {
        try
        {
            side?.Client?.Close(0);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // Already gone.
        }
    }

    /// <summary>True when who speaks here has said all or is gone; false when nobody is there to be told.</summary>
    private async Task<bool> PumpAsync(NetworkStream from, NetworkStream to, bool answers)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await ReadAsync(from, buffer)) > 0)
            {
                if (_cut && answers)
                {
                    Reset();
                    return true;
                }

                // Marked before it is passed on: the answer may be faster than the next line here.
                _cut |= !answers && EndsAStatement(buffer.AsSpan(0, read)) && line.TryTakeCut();
                await PassAsync(to, buffer.AsMemory(0, read), answers);
            }

            return true;
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            return false;
        }
    }

    private async Task<int> ReadAsync(NetworkStream from, Memory<byte> buffer)
    {
        try
        {
            return await from.ReadAsync(buffer, line.Stopped);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            return 0;
        }
    }

    private async Task PassAsync(NetworkStream to, ReadOnlyMemory<byte> bytes, bool answers)
    {
        while (line.Fault == LineFault.Blackhole || (answers && line.Fault == LineFault.LoseAnswers))
        {
            await line.Changed.WaitAsync(line.Stopped);
        }

        switch (line.Fault)
        {
            case LineFault.Delay:
                await Task.Delay(line.Pause, line.Stopped);
                break;
            case LineFault.Trickle:
                for (var i = 0; i < bytes.Length && line.Fault == LineFault.Trickle; i++)
                {
                    await to.WriteAsync(bytes.Slice(i, 1), line.Stopped);
                    await Task.Delay(BetweenBytes, line.Stopped);
                    if (i == bytes.Length - 1)
                    {
                        return;
                    }

                    bytes = bytes[(i + 1)..];
                    i = -1;
                }

                break;
        }

        await to.WriteAsync(bytes, line.Stopped);
    }

    private async Task DrainAsync(NetworkStream stream)
    {
        var buffer = new byte[1024];
        while (await stream.ReadAsync(buffer, line.Stopped) > 0)
        {
            // Taken in, and lost.
        }
    }

    /// <summary>Postgres' Sync message, which commits what was executed before it, at the end of what was sent.</summary>
    private static bool EndsAStatement(ReadOnlySpan<byte> sent) => sent.Length > 5 && sent[^5..].SequenceEqual("S\0\0\0\u0004"u8);

    private static bool IsEnd(Exception exception) => exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
