using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using PspGateway.Merchants.Wire;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Vault;

namespace PspGateway.Merchants.Webhooks;

/// <summary>Sends one event to one endpoint, signed. The same event has the same bytes at each try.</summary>
internal sealed class WebhookSender(IDbContextFactory<GatewayDbContext> contexts, IHttpClientFactory clients, FieldSealer sealer, IOptions<WebhookOptions> options, TimeProvider time)
{
    public const string HttpClientName = "webhooks";

    /// <summary>The status of the answer, or null and why there was none. No status but 2xx means that it was taken.</summary>
    public async Task<(int? Status, string Why)> SendAsync(ClaimedDelivery delivery)
    {
        try
        {
            using var request = await SignedAsync(delivery);
            using var limit = new CancellationTokenSource(options.Value.Timeout, time);

            // What it answers beside its status is nothing to us, and is not read.
            using var response = await clients.CreateClient(HttpClientName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return ((int)response.StatusCode, $"HTTP {(int)response.StatusCode}");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException or IOException)
        {
            var refused = exception.InnerException as ForbiddenAddressException ?? exception as ForbiddenAddressException;
            return (null, refused?.Message ?? (exception is OperationCanceledException ? "no answer in time" : exception.GetType().Name));
        }
        catch (Exception exception) when (exception is CryptographicException or InvalidOperationException or FormatException or ArgumentException)
        {
            // A secret that does not open, or a row that cannot be told: tried like any other, and parked like any other.
            return (null, $"it cannot be made: {exception.GetType().Name}");
        }
    }

    private async Task<HttpRequestMessage> SignedAsync(ClaimedDelivery delivery)
    {
        var body = await BodyAsync(delivery);
        var secret = Encoding.UTF8.GetString(sealer.Open(delivery.SealedSecret, WebhookSubscriptions.ContextOf(delivery.SubscriptionId)));
        var request = new HttpRequestMessage(HttpMethod.Post, delivery.Url)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        WebhookSignature.Sign(request, body, secret, time.GetUtcNow());
        return request;
    }

    private async Task<byte[]> BodyAsync(ClaimedDelivery delivery)
    {
        await using var db = await contexts.CreateDbContextAsync();
        var payment = await db.Payments.AsNoTracking().SingleAsync(p => p.Id == delivery.PaymentId);
        var line = await db.PaymentEvents.AsNoTracking().SingleAsync(e => e.PaymentId == delivery.PaymentId && e.Id == delivery.EventId);
        return JsonSerializer.SerializeToUtf8Bytes(
            new WebhookPayload
            {
                Msn = payment.MerchantSerialNumber,
                Reference = payment.Reference,
                PspReference = payment.PspTransactionId.ToString(),
                Name = WebhookEvent.WordOf(line.Name) ?? throw new InvalidOperationException($"{line.Name} is not public."),
                Amount = ReadPayment.Amount(payment, line.AmountMinor),
                Timestamp = line.At,
                IdempotencyKey = line.IdempotencyKey,
                Success = ReadPayment.Succeeded(line),
            },
            MerchantJson.Default.WebhookPayload);
    }
}
