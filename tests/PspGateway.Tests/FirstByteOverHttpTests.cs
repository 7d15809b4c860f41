using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace PspGateway.Tests;

/// <summary>The stamp on real connections: one connection carries the requests of many, and none may pay for the time of another.</summary>
public sealed class FirstByteOverHttpTests : IAsyncLifetime
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Unread = TimeSpan.FromSeconds(2);
    private readonly ManualTimeProvider _time = new();
    private readonly TcpClient _client = new();
    private readonly SemaphoreSlim _reached = new(0);
    private Task _untilRead = Task.CompletedTask;
    private WebApplication? _app;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.Use(next => async connection =>
            {
                await _untilRead;
                await next(connection);
            });
            FirstByte.Stamp(endpoint, _time);
        }));
        _app = builder.Build();
        _app.Use(FirstByte.RearmAsync);
        _app.Run(AnswerAsync);
        await _app.StartAsync(Stop);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _reached.Dispose();
        await (_app?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task A_request_that_lay_unread_is_as_old_as_it_is_for_its_sender()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells when a byte came.");
        _untilRead = Task.Delay(Unread, Stop);

        Assert.InRange(_time.GetElapsedTime(await SendAsync("GET /", "")), Unread / 2, Idle / 2);
    }

    [Fact]
    public async Task A_connection_that_was_idle_does_not_make_its_next_request_older()
    {
        await SendAsync("GET /", "");
        await Task.Delay(Unread, Stop);

        Assert.InRange(_time.GetElapsedTime(await SendAsync("GET /", "")), TimeSpan.Zero, Unread / 2);
    }

    [Theory]
    [InlineData("GET /", "")]
    [InlineData("POST /read", "a body that is read")]
    [InlineData("POST /unread", "a body that nobody reads")]
    public async Task A_request_is_stamped_when_it_comes_whatever_came_before_on_its_connection(string first, string body)
    {
        await SendAsync(first, body);
        _time.Advance(Idle);
        var came = _time.GetTimestamp();

        AssertCame(came, await SendAsync("GET /", ""));
    }

    [Fact]
    public async Task A_body_that_comes_late_does_not_make_its_request_younger()
    {
        var came = _time.GetTimestamp();
        await WriteAsync("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
        await WriteAsync("ab");
        await _reached.WaitAsync(Stop);
        _time.Advance(Idle);
        await WriteAsync("cd");

        AssertCame(came, await ReadAsync());
    }

    [Fact]
    public async Task The_rest_of_an_unread_body_that_comes_after_the_answer_is_not_the_next_requests_first_byte()
    {
        await WriteAsync("POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
        await ReadAsync();
        await WriteAsync("cd");
        _time.Advance(Idle);
        var came = _time.GetTimestamp();

        AssertCame(came, await SendAsync("GET /", ""));
    }

    private async Task AnswerAsync(HttpContext context)
    {
        _reached.Release();
        if (context.Request.Path == "/read")
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }

        await context.Response.WriteAsync($"<{context.Features.GetRequiredFeature<IFirstByteFeature>().FirstByte}>", context.RequestAborted);
    }

    private async Task<long> SendAsync(string request, string body)
    {
        await WriteAsync($"{request} HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        return await ReadAsync();
    }

    private async Task WriteAsync(string text)
    {
        if (!_client.Connected)
        {
            await _client.ConnectAsync("127.0.0.1", new Uri(_app!.Urls.Single()).Port, Stop);
        }

        await _client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), Stop);
    }

    /// <summary>The kernel's word counts in real time, the rest of the test in none at all.</summary>
    private static void AssertCame(long at, long stamp) => Assert.InRange(TimeSpan.FromTicks(at - stamp), TimeSpan.Zero, Idle / 2);

    /// <summary>The stamp in the answer. The end of its chunks belongs to it too.</summary>
    private async Task<long> ReadAsync()
    {
        var text = "";
        var buffer = new byte[4096];
        while (!text.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await _client.GetStream().ReadAsync(buffer, Stop);
            Assert.True(count > 0, $"The connection was closed after: {text}");
            text += Encoding.ASCII.GetString(buffer, 0, count);
        }

        return long.Parse(text[(text.IndexOf('<', StringComparison.Ordinal) + 1)..text.IndexOf('>', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
    }
}
