using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace PspGateway.Acquirers.Adyen;

/// <summary>What came back over HTTP, or how it failed.</summary>
/// <param name="Status">Null: no answer.</param>
/// <param name="Sent">False: the connection never opened, so nothing left.</param>
internal sealed record AdyenAnswer(HttpStatusCode? Status, byte[] Body, bool Sent, string Why);

/// <summary>Posts to Adyen. Every post carries an idempotency key, so that a lost answer may be asked for again.</summary>
internal sealed class AdyenClient(IHttpClientFactory clients, IOptions<AdyenOptions> options)
{
    public const string HttpClientName = "adyen";

    public async Task<AdyenAnswer> PostAsync(string path, byte[] body, string idempotencyKey, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Value.Address(path));
        request.Headers.TryAddWithoutValidation("X-API-Key", options.Value.ApiKey);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        try
        {
            using var response = await clients.CreateClient(HttpClientName).SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
            return new AdyenAnswer(response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken), Sent: true, $"HTTP {(int)response.StatusCode}");
        }
        catch (HttpRequestException exception)
        {
            var opened = exception.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError);
            return new AdyenAnswer(null, [], opened, $"{exception.HttpRequestError}");
        }
        catch (OperationCanceledException exception)
        {
            // HttpClient.Timeout is off, so a TimeoutException inside can only be the handler's own ConnectTimeout.
            var neverOpened = !cancellationToken.IsCancellationRequested && exception.InnerException is TimeoutException;
            return new AdyenAnswer(null, [], Sent: !neverOpened, "timeout");
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // A connection that is reset as it opens comes as a bare SocketException out of .NET's handler.
            return new AdyenAnswer(null, [], Sent: true, "connection broken");
        }
    }
}
