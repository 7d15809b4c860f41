using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;

namespace PspGateway.Simulator.Walk;

/// <summary>A step saw something else than it expected.</summary>
internal sealed class StepFailedException(string expected, string seen) : Exception($"Expected {expected}; seen: {seen}")
{
    public string Expected => expected;

    public string Seen => seen;
}

/// <summary>What a call was answered. Status 0: not at all.</summary>
internal sealed record Seen(int Status, JsonElement? Body, Uri? Location, string? Trouble)
{
    /// <summary>For a person: never the whole body, which may carry a token.</summary>
    public string InWords => Trouble ?? string.Join(' ', [$"HTTP {Status}", .. Reason is { } why ? (string[])[why] : []]);

    private string? Reason => (Body?.Text("title"), Body?.Text("detail")) switch
    {
        (null, null) => Body?.Text("error"),
        (var title, null) => title,
        (null, var detail) => detail,
        var (title, detail) => title == detail ? title : $"{title}: {detail}",
    };
}

/// <summary>One HTTP call with a limit; what goes wrong is an answer too.</summary>
internal sealed class WalkHttp(HttpClient client, WalkTeller teller, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task<Seen> SendAsync(
        HttpMethod method, Uri url, IReadOnlyDictionary<string, string> headers, object? body, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var request = new HttpRequestMessage(method, url) { Content = body is null ? null : Json(body) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using var response = await client.SendAsync(request, either.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(either.Token);
            await teller.TellAsync(cancellationToken);
            return new Seen((int)response.StatusCode, Wire.ParseObject(bytes), response.Headers.Location, null);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException)
        {
            return new Seen(0, null, null, exception.Message);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return new Seen(0, null, null, $"no answer in {Patience.TotalSeconds} s");
        }
    }

    private static ByteArrayContent Json(object body)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Wire.Json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        return content;
    }
}
