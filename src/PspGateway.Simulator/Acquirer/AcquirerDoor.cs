using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Simulator.Books;
using PspGateway.Simulator.Control;

namespace PspGateway.Simulator.Acquirer;

/// <summary>What every call to the acquirer passes: key, faults ordered by tests, idempotency, the book of calls.</summary>
internal sealed class AcquirerDoor(
    AcquirerBook book, EntryLog log, IdempotentCalls idempotent, AcquirerFaults faults, TimeProvider time, IOptions<SimulatorOptions> options,
    IHostApplicationLifetime lifetime)
{
    private const string KeyHeader = "Idempotency-Key";

    public async Task ServeAsync(HttpContext context, string name, Func<JsonElement, string?, Task<Answer>> work)
    {
        var body = await Wire.ReadBodyAsync(context.Request, context.RequestAborted);
        if (body is null)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        var sent = Wire.ParseObject(body);
        var key = context.Request.Headers[KeyHeader].ToString() is { Length: > 0 } text ? text : null;
        var path = context.Request.Path.ToString()["/adyen/v72".Length..];
        var (answer, replayed) = await AnswerAsync(context.Request, name, path, key, body, sent, work);
        book.Note(path, sent, key, answer.SeenStatus, replayed);
        if (key is { Length: <= 64 })
        {
            context.Response.Headers["idempotency-key"] = key;
        }

        await log.WrittenAsync();
        await answer.WriteAsync(context, lifetime.ApplicationStopping);
    }

    private async Task<(Answer Answer, bool Replayed)> AnswerAsync(
        HttpRequest request, string name, string path, string? key, byte[] body, JsonElement? sent,
        Func<JsonElement, string?, Task<Answer>> work)
    {
        if (request.Headers["X-API-Key"] != options.Value.AcquirerApiKey)
        {
            return (AcquirerErrors.Unauthorized, false);
        }

        var fault = faults.Take(name, () => path + " " + Encoding.UTF8.GetString(body));
        if (fault?.Instead is { } instead)
        {
            await PauseAsync(fault.Delay);
            return (instead, false);
        }

        if (key?.Length > 64)
        {
            return (AcquirerErrors.KeyTooLong, false);
        }

        if (sent is null)
        {
            return (AcquirerErrors.NotJson, false);
        }

        var (claim, answer) = idempotent.Begin(sent.Value.Text("merchantAccount") ?? "", key, path, body);
        var replayed = claim is null;
        await (fault is { Mode: FaultMode.Overtaken } ? UntilCancelledAsync(sent.Value.Text("reference") ?? "", fault.Delay) : PauseAsync(fault?.Delay));
        if (claim is not null)
        {
            try
            {
                answer = await work(sent.Value, key);
                claim.End(answer);
            }
            catch
            {
                claim.Release();
                throw;
            }
        }

        await PauseAsync(fault?.AnswerDelay);
        return (answer! with { Break = fault is null or { Break: Break.None } ? answer!.Break : fault.Break }, replayed);
    }

    /// <summary>A cancel that is meant for this authorisation comes first, and finds nothing.</summary>
    private async Task UntilCancelledAsync(string reference, TimeSpan atMost)
    {
        await Task.WhenAny(book.CancelOf(reference), PauseAsync(atMost > TimeSpan.Zero ? atMost : TimeSpan.FromSeconds(60)));
        await PauseAsync(options.Value.NotificationDelay * 2);
    }

    private async Task PauseAsync(TimeSpan? pause)
    {
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause.Value, time, lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
