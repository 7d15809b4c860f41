using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using PspGateway.Payments.Telemetry;
using PspGateway.Vipps.Wire;

namespace PspGateway.Vipps;

internal static class VippsHeaders
{
    /// <summary>On every call to Vipps, the access token's included.</summary>
    public static void AddCommon(HttpRequestMessage request, VippsOptions options)
    {
        request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", options.SubscriptionKey);
        request.Headers.TryAddWithoutValidation("Vipps-System-Name", options.SystemName);
        request.Headers.TryAddWithoutValidation("Vipps-System-Version", options.SystemVersion);
        request.Headers.TryAddWithoutValidation("Vipps-System-Plugin-Name", options.SystemPluginName);
        request.Headers.TryAddWithoutValidation("Vipps-System-Plugin-Version", options.SystemPluginVersion);
    }
}

/// <summary>What Vipps answered, or that it did not.</summary>
/// <param name="Status">Null: no answer, so the call may have had its effect.</param>
/// <param name="Sent">False: nothing left, so the call surely had no effect.</param>
internal sealed record VippsAnswer(HttpStatusCode? Status, string Body, TimeSpan? RetryAfter, string? Why, bool Sent = true)
{
    public bool IsSuccess => Status is HttpStatusCode.OK;
}

/// <summary>Calls Vipps' PSP API v3 for one merchant. A 401 gets a fresh access token and one more try, since Vipps did nothing then.</summary>
internal sealed class VippsClient(IHttpClientFactory clients, VippsAccessTokens tokens, IOptions<VippsOptions> options, TimeProvider time)
{
    /// <param name="call">The operation's name, for measuring.</param>
    public Task<VippsAnswer> PostAsync<T>(string call, string path, string merchant, T body, JsonTypeInfo<T> type, string requestId, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(body, type);
        return SendAsync(HttpMethod.Post, call, path, merchant, content, requestId, cancellationToken);
    }

    public Task<VippsAnswer> GetAsync(string call, string path, string merchant, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, call, path, merchant, null, null, cancellationToken);

    private async Task<VippsAnswer> SendAsync(HttpMethod method, string call, string path, string merchant, byte[]? content, string? requestId, CancellationToken cancellationToken)
    {
        string token;
        try
        {
            token = await tokens.GetAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException or JsonException)
        {
            return new VippsAnswer(null, "", null, exception.Message, Sent: false);
        }

        var answer = await SendOnceAsync(method, call, path, merchant, content, requestId, token, cancellationToken);
        if (answer.Status != HttpStatusCode.Unauthorized)
        {
            return answer;
        }

        tokens.Drop(token);
        try
        {
            token = await tokens.GetAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException or JsonException)
        {
            return answer;
        }

        return await SendOnceAsync(method, call, path, merchant, content, requestId, token, cancellationToken);
    }

    /// <summary>In seconds, or as a date.</summary>
    private TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };

    private async Task<VippsAnswer> SendOnceAsync(HttpMethod method, string call, string path, string merchant, byte[]? content, string? requestId, string token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, options.Value.Address(path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        VippsHeaders.AddCommon(request, options.Value);
        request.Headers.TryAddWithoutValidation("Psp-Id", options.Value.PspId);
        request.Headers.TryAddWithoutValidation("Merchant-Serial-Number", merchant);
        if (requestId is not null)
        {
            // Promised by the guide, absent from the specification: sent, and never relied upon.
            request.Headers.TryAddWithoutValidation("Request-Id", requestId);
        }

        if (content is not null)
        {
            request.Content = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        using var measured = CounterpartyCall.Begin(CounterpartyCall.Vipps, call);
        try
        {
            using var response = await clients.CreateClient(VippsRegistration.HttpClientName).SendAsync(request, cancellationToken);

            // JSON is UTF-8 whatever charset the answer claims; one that .NET does not know would throw.
            var body = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            measured.Ended((int)response.StatusCode);
            return new VippsAnswer(response.StatusCode, body, RetryAfterOf(response), null);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException or IOException)
        {
            var opened = exception is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };
            measured.Ended(status: null, opened);
            return new VippsAnswer(null, "", null, exception.GetType().Name, Sent: opened);
        }
    }
}
