using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace PspGateway.Tests;

public sealed class FirstByteTests : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualTimeProvider _time = new();
    private readonly Pipe _fromClient = new();
    private readonly Pipe _toClient = new();
    private readonly DefaultConnectionContext _connection = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IFirstByteFeature Stamp => _connection.Features.GetRequiredFeature<IFirstByteFeature>();

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    [Fact]
    public async Task The_stamp_is_the_first_read_that_brought_something()
    {
        await OpenAsync();
        _time.Advance(Second);
        await SendAndReadAsync();
        var came = _time.GetTimestamp();

        _time.Advance(Second);
        await SendAndReadAsync();

        Assert.Equal(came, Stamp.FirstByte);
    }

    [Fact]
    public async Task A_read_that_need_not_wait_stamps_too()
    {
        await OpenAsync();
        await _fromClient.Writer.WriteAsync(new byte[] { 1 }, Stop);
        var came = _time.GetTimestamp();

        Assert.True(_connection.Transport.Input.TryRead(out var result));
        _connection.Transport.Input.AdvanceTo(result.Buffer.End);
        _time.Advance(Second);

        Assert.Equal(came, Stamp.FirstByte);
    }

    [Fact]
    public async Task An_empty_read_stamps_nothing()
    {
        await OpenAsync();
        Assert.False(_connection.Transport.Input.TryRead(out _));
        _connection.Transport.Input.CancelPendingRead();
        var result = await _connection.Transport.Input.ReadAsync(Stop);
        _connection.Transport.Input.AdvanceTo(result.Buffer.End);
        _time.Advance(Second);

        await SendAndReadAsync();

        Assert.Equal(_time.GetTimestamp(), Stamp.FirstByte);
    }

    [Fact]
    public async Task Before_any_byte_it_is_now()
    {
        await OpenAsync();
        _time.Advance(Second);

        Assert.Equal(_time.GetTimestamp(), Stamp.FirstByte);
    }

    [Fact]
    public async Task The_next_request_on_the_connection_is_stamped_anew()
    {
        await OpenAsync();
        await SendAndReadAsync();
        _time.Advance(Second);
        Stamp.Next();
        _time.Advance(Second);

        await SendAndReadAsync();
        var came = _time.GetTimestamp();
        _time.Advance(Second);

        Assert.Equal(came, Stamp.FirstByte);
    }

    [Fact]
    public async Task What_goes_out_is_left_alone()
    {
        await OpenAsync();

        await _connection.Transport.Output.WriteAsync(new byte[] { 7 }, Stop);

        Assert.Equal([7], (await _toClient.Reader.ReadAsync(Stop)).Buffer.FirstSpan.ToArray());
    }

    private async Task OpenAsync()
    {
        _connection.Transport = new Both(_fromClient.Reader, _toClient.Writer);
        var builder = new ConnectionBuilder(NoServices.Instance);
        FirstByte.Stamp(builder, _time);
        await builder.Run(_ => Task.CompletedTask).Build()(_connection);
    }

    private async Task SendAndReadAsync()
    {
        await _fromClient.Writer.WriteAsync(new byte[] { 1, 2, 3 }, Stop);
        var result = await _connection.Transport.Input.ReadAsync(Stop);
        _connection.Transport.Input.AdvanceTo(result.Buffer.End);
    }

    private sealed record Both(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class NoServices : IServiceProvider
    {
        public static readonly NoServices Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
