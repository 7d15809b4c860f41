using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace PspGateway.Simulator.Shop;

/// <summary>The gateway did not do what the shop asked. The message is for the person in front of the shop.</summary>
internal sealed class ShopException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The shop's side of the merchant API: an access token, a payment, its state.</summary>
internal sealed class MerchantClient(GatewayConnection gateway, TimeProvider time, IOptions<SimulatorOptions> options)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private string? _accessToken;

    public async Task<Uri> CreateAsync(ShopOrder order, Uri returnUrl, CancellationToken cancellationToken)
    {
        var payment = await SendAsync(HttpMethod.Post, "/epayment/v1/payments", order.Reference, new
        {
            amount = new { currency = order.Currency, value = order.Amount },
            paymentMethod = new { type = "WALLET" },
            reference = order.Reference,
            returnUrl = returnUrl.AbsoluteUri,
            userFlow = "WEB_REDIRECT",
            paymentDescription = order.Basket.IsEmpty ? "Fjellbrød: one loaf, baked this morning" : order.Basket.Text,
        }, cancellationToken);
        return Uri.TryCreate(payment.Text("redirectUrl"), UriKind.Absolute, out var redirectUrl) ? redirectUrl
            : throw new ShopException("The gateway took the payment, but named no address to send you to.");
    }

    public Task<JsonElement> ReadAsync(string reference, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "/epayment/v1/payments/" + Uri.EscapeDataString(reference), null, null, cancellationToken);

    /// <param name="what">capture or refund, of the whole amount, or cancel. Once: the key is the same every time.</param>
    public Task<JsonElement> ModifyAsync(ShopOrder order, string what, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"/epayment/v1/payments/{order.Reference}/{what}", $"{order.Reference}-{what}",
            what == "cancel" ? null : new { modificationAmount = new { currency = order.Currency, value = order.Amount } }, cancellationToken);

    private async Task<JsonElement> SendAsync(
        HttpMethod method, string path, string? idempotencyKey, object? body, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            for (var first = true; ; first = false)
            {
                _accessToken ??= await FetchTokenAsync(either.Token);
                using var request = Request(method, path);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _accessToken);
                request.Headers.Add("Merchant-Serial-Number", options.Value.ShopMsn);
                request.Headers.Add("Vipps-System-Name", "fjellbrod");
                request.Headers.Add("Vipps-System-Version", "1.0");
                if (idempotencyKey is not null)
                {
                    request.Headers.Add("Idempotency-Key", idempotencyKey);
                }

                request.Content = body is null ? null : Json(body);
                using var response = await gateway.Client.SendAsync(request, either.Token);
                if (response.StatusCode == HttpStatusCode.Unauthorized && first)
                {
                    // The token may have run out, or the gateway may have been set up anew.
                    _accessToken = null;
                    continue;
                }

                return await ParseAsync(response, either.Token);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException)
        {
            throw new ShopException($"The gateway at {options.Value.GatewayBaseUrl} does not answer: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested)
        {
            throw new ShopException(
                $"The gateway at {options.Value.GatewayBaseUrl} took longer than {Patience.TotalSeconds} s.",
                exception);
        }
    }

    private async Task<string> FetchTokenAsync(CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, "/accesstoken/get");
        request.Headers.Add("client_id", options.Value.ShopClientId);
        request.Headers.Add("client_secret", options.Value.ShopClientSecret);
        using var response = await gateway.Client.SendAsync(request, cancellationToken);
        var answer = await ParseAsync(response, cancellationToken);
        return answer.Text("access_token") ?? throw new ShopException("The gateway answered without an access token.");
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(options.Value.GatewayBaseUrl, path));
        request.Headers.Add("Ocp-Apim-Subscription-Key", options.Value.ShopSubscriptionKey);
        return request;
    }

    // With a length: JsonContent would come in chunks, which some servers refuse.
    private static ByteArrayContent Json(object body)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Wire.Json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        return content;
    }

    private static async Task<JsonElement> ParseAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var answer = Wire.ParseObject(body);
        if (response.IsSuccessStatusCode && answer is { } found)
        {
            return found;
        }

        var why = answer?.Text("detail") ?? answer?.Text("title") ?? "no reason given";
        throw new ShopException($"The gateway answered {(int)response.StatusCode}: {why}");
    }
}
