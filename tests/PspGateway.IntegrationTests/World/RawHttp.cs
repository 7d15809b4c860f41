using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace PspGateway.IntegrationTests.World;

/// <summary>All that came back over a connection until the server closed it; empty when it closed without a word.</summary>
internal sealed partial record RawAnswer(string Text)
{
    public int? Status => StatusLine().Match(Text) is { Success: true } line ? int.Parse(line.Groups["status"].Value) : null;

    public string Body => Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end ? Text[(end + 4)..] : "";

    /// <summary>How many answers came.</summary>
    public int Answers => StatusLines().Count(Text);

    /// <summary>The answer without what differs from one answer to the next: the time and the trace id.</summary>
    public string Uniform => TraceId().Replace(DateLine().Replace(Text, ""), "");

    [GeneratedRegex(@"\AHTTP/1\.1 (?<status>[0-9]{3}) ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StatusLine();

    [GeneratedRegex("HTTP/1\\.1 [0-9]{3} ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StatusLines();

    [GeneratedRegex("^Date: .*\r\n", RegexOptions.Multiline, 1000)]
    private static partial Regex DateLine();

    [GeneratedRegex("\"traceId\":\"[0-9a-f]{32}\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TraceId();
}

/// <summary>HTTP by hand, for what no client would send.</summary>
internal static class RawHttp
{
    public static Task<RawAnswer> SendAsync(Uri server, string request) => SendAsync(server, Encoding.UTF8.GetBytes(request));

    public static Task<RawAnswer> SendAsync(Uri server, byte[] request) => SendAsync(server, stream => stream.WriteAsync(request).AsTask());

    /// <summary>Writes as <paramref name="write"/> does, and reads until the server closes: 20 seconds at most.</summary>
    public static async Task<RawAnswer> SendAsync(Uri server, Func<NetworkStream, Task> write)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        var stream = socket.GetStream();
        var reading = ReadAsync(stream).WaitAsync(TimeSpan.FromSeconds(20));
        try
        {
            await write(stream);
        }
        catch (IOException)
        {
            // The server has heard enough; what it said is still read.
        }

        return new RawAnswer(await reading);
    }

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        using var answer = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer)) > 0)
            {
                answer.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // Reset: the server did not wait for the rest of the request.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
