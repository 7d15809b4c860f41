using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PspGateway.Simulator;

/// <summary>How an answer is spoilt on its way out.</summary>
internal enum Break
{
    None,
    Drop,
    Hang,
    ServerError,
    Garbage,
    OtherAmount,
}

/// <summary>An answer as bytes, so that a replay is the same to the byte and a fault can be put on any of them.</summary>
internal sealed partial record Answer(int Status, byte[] Body, string? ContentType)
{
    public Break Break { get; init; }

    public int? RetryAfterSeconds { get; init; }

    /// <summary>False for an answer that an idempotency key must not remember, because nothing was done.</summary>
    public bool Final { get; init; } = true;

    /// <summary>What the caller sees; 0 when it sees no answer.</summary>
    public int SeenStatus => Break switch
    {
        Break.Drop or Break.Hang => 0,
        Break.ServerError => StatusCodes.Status500InternalServerError,
        _ => Status,
    };

    public static Answer Json(int status, object value) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(value, Wire.Json), "application/json; charset=utf-8");

    public static Answer Empty(int status) => new(status, [], null);

    public static Answer Dropped { get; } = Empty(0) with { Break = Break.Drop, Final = false };

    public async Task WriteAsync(HttpContext context, CancellationToken stopping)
    {
        switch (Break)
        {
            case Break.Drop:
                context.Abort();
                return;
            case Break.Hang:
                using (var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping))
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                context.Abort();
                return;
            case Break.ServerError:
                await WriteAsync(context, SeenStatus, "Internal Server Error"u8.ToArray(), "text/plain");
                return;
            case Break.Garbage:
                await WriteAsync(context, Status, Encoding.UTF8.GetBytes("{\"resultCode\":\"Autho\u0000<html>"), ContentType);
                return;
            case Break.OtherAmount:
                await WriteAsync(context, Status, Encoding.UTF8.GetBytes(Amounts().Replace(Encoding.UTF8.GetString(Body), amount => $"{long.Parse(amount.Value) + 100}")), ContentType);
                return;
            default:
                if (RetryAfterSeconds is { } seconds)
                {
                    context.Response.Headers.RetryAfter = seconds.ToString();
                }

                await WriteAsync(context, Status, Body, ContentType);
                return;
        }
    }

    [GeneratedRegex("(?<=\"value\":)[0-9]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Amounts();

    private static async Task WriteAsync(HttpContext context, int status, byte[] body, string? contentType)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
