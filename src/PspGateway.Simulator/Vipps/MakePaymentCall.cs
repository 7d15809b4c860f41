using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Simulator.Books;

namespace PspGateway.Simulator.Vipps;

internal sealed record CallbackResult(int? HttpStatus, string? Body, string? ContentType, long ElapsedMs, bool TimedOut, string? Error);

/// <summary>Vipps' call to the gateway with the network token, and what Vipps makes of the answer.</summary>
internal sealed class MakePaymentCall(GatewayConnection gateway, EntryLog books, TimeProvider time, IOptions<SimulatorOptions> options)
{
    private const int KeptOfAnswer = 2000;

    public async Task<CallbackResult> PostAsync(VippsPayment payment, MakePaymentOrder order, CancellationToken cancellationToken)
    {
        var body = MakePaymentBody.Build(payment, order);
        payment.LastPost = body;
        payment.Call(order.PaymentState);
        var result = await SendAsync(payment, order, body, cancellationToken);
        var (state, url3dSecure) = Read(result);
        var (isLast, detail) = (result.HttpStatus is null && payment.EndCall(), Describe(result));
        switch (order.PaymentState)
        {
            case "TIMEOUT":
                payment.Settle(VippsState.TIMED_OUT, byVipps: true, null, detail);
                break;
            case "USER_CANCEL":
                payment.Settle(VippsState.CANCELLED_BY_USER, byVipps: true, null, detail);
                break;
            case var _ when result.HttpStatus is null && !isLast:
                // A call of the payment that still waits decides: which of two is the first, nobody at the other end can know.
                payment.Note("no answer", payment.Init.Amount, detail);
                break;
            default:
                payment.Settle(state, byVipps: false, url3dSecure, detail);
                break;
        }

        if (result.HttpStatus is not null)
        {
            payment.EndCall();
        }

        await books.WrittenAsync();
        return result;
    }

    private async Task<CallbackResult> SendAsync(
        VippsPayment payment, MakePaymentOrder order, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, payment.Init.MakePaymentUrl) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(order.ContentType ?? "application/json; charset=utf-8");
        if ((order.Authorization ?? payment.Init.MakePaymentToken) is { Length: > 0 } authorization)
        {
            // The token is the whole header, with no scheme before it.
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        var limit = order.HangUpAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : options.Value.CallbackTimeout;
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var started = time.GetTimestamp();
        try
        {
            using var response = await gateway.Client.SendAsync(request, either.Token);
            var text = await response.Content.ReadAsStringAsync(either.Token);
            return new CallbackResult((int)response.StatusCode, text, response.Content.Headers.ContentType?.ToString(),
                Elapsed(started), false, null);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return new CallbackResult(null, null, null, Elapsed(started), true, $"No answer in {limit.TotalSeconds} s.");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            return new CallbackResult(null, null, null, Elapsed(started), false, exception.Message);
        }
    }

    /// <summary>Only 200, JSON and a known status count; Vipps treats everything else as a failure.</summary>
    private static (VippsState State, string? Url3dSecure) Read(CallbackResult result)
    {
        if (result.HttpStatus != StatusCodes.Status200OK
            || result.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true
            || Wire.ParseObject(Encoding.UTF8.GetBytes(result.Body ?? "")) is not { } answer
                || answer.Member("paymentInfo") is not { } info)
        {
            return (VippsState.FAILED, null);
        }

        return info.Text("status") switch
        {
            "OK" => (VippsState.RESERVED, null),
            "SOFT_DECLINE" => (VippsState.STEP_UP, info.Text("url3dSecure")),
            _ => (VippsState.FAILED, null),
        };
    }

    private static string Describe(CallbackResult result)
    {
        var text = result.Error ?? $"HTTP {result.HttpStatus} in {result.ElapsedMs} ms {result.Body}";
        return text.Length > KeptOfAnswer ? text[..KeptOfAnswer] : text;
    }

    private long Elapsed(long started) => (long)time.GetElapsedTime(started).TotalMilliseconds;
}
