using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PspGateway.IntegrationTests.World;

/// <summary>A webhook as it came.</summary>
internal sealed record ReceivedWebhook(string Path, string Host, string Date, string Hash, string Authorization, byte[] Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string Name => Json["name"]!.GetValue<string>();

    public string Reference => Json["reference"]!.GetValue<string>();
}

/// <summary>A merchant's server that takes webhooks, each path in its own way.</summary>
internal sealed class MerchantEndpoint : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<HttpContext, int, Task>> _ways = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<ReceivedWebhook> _received = new();
    private readonly WebApplication _app;

    private MerchantEndpoint(WebApplication app) => _app = app;

    public Uri Url { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    public static async Task<MerchantEndpoint> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var endpoint = new MerchantEndpoint(app);
        app.Urls.Add(endpoint.Url.AbsoluteUri);
        app.Run(endpoint.TakeAsync);
        await app.StartAsync();
        return endpoint;
    }

    /// <param name="way">Answers a call, given how many came to its path before.</param>
    public void Let(string path, Func<HttpContext, int, Task> way) => _ways[path] = way;

    public IReadOnlyList<ReceivedWebhook> On(string path) => [.. _received.Where(r => r.Path == path)];

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var request = context.Request;
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var before = On(request.Path!).Count;
        _received.Enqueue(new ReceivedWebhook(request.Path!, request.Headers.Host!, request.Headers["x-ms-date"]!, request.Headers["x-ms-content-sha256"]!, request.Headers.Authorization!, body.ToArray()));
        if (_ways.TryGetValue(request.Path!, out var way))
        {
            await way(context, before);
        }
    }
}
