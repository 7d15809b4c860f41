using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>What a counterparty may say, sense or nonsense.</summary>
internal sealed record SaidAnswer(int Status, byte[] Body, string ContentType = "application/json", string? Encoding = null, bool Cut = false);

/// <summary>In the place of Vipps and the acquirer: says over HTTP whatever it is told to, to the call of one key.</summary>
internal sealed class AnsweringServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, SaidAnswer> _answers = new(StringComparer.Ordinal);
    private readonly Lazy<Task<WebApplication>> _running;

    public AnsweringServer() => _running = new Lazy<Task<WebApplication>>(StartAsync);

    public Uri Url { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    /// <summary>What is said to a call for an access token.</summary>
    public SaidAnswer AccessToken { get; set; } = new(200, """{"access_token":"a-token","expires_in":"3600"}"""u8.ToArray());

    /// <summary>What is said to a call whose key nobody named.</summary>
    public SaidAnswer Otherwise { get; set; } = new(500, []);

    public async Task SayAsync(string key, SaidAnswer answer)
    {
        await _running.Value;
        _answers[key] = answer;
    }

    public async ValueTask DisposeAsync()
    {
        if (_running.IsValueCreated)
        {
            await (await _running.Value).DisposeAsync();
        }
    }

    private async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Url.AbsoluteUri);
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        return app;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        var key = context.Request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } ours ? ours : context.Request.Headers["Request-Id"].ToString();
        var answer = context.Request.Path == "/accesstoken/get" ? AccessToken : _answers.GetValueOrDefault(key) ?? Otherwise;
        context.Response.StatusCode = answer.Status;
        if (answer.Status == 204)
        {
            return;
        }

        context.Response.ContentType = answer.ContentType;
        context.Response.ContentLength = answer.Body.Length + (answer.Cut ? 10 : 0);
        context.Response.Headers.ContentEncoding = answer.Encoding;
        await context.Response.Body.WriteAsync(answer.Body);
        if (answer.Cut)
        {
            context.Abort();
        }
    }
}

/// <summary>A gateway whose Vipps and acquirer are a server that says anything.</summary>
public sealed class WorldOfAnyAnswers(TestPostgres postgres) : TestWorld(postgres)
{
    internal AnsweringServer Server { get; } = new();

    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Vipps:BaseUrl"] = Server.Url.AbsoluteUri,
        ["Acquirer:Adyen:BaseUrl"] = Server.Url.AbsoluteUri,
    };

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Server.DisposeAsync();
    }
}
