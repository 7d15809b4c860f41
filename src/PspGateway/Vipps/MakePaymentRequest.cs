using System.Buffers;

namespace PspGateway.Vipps;

/// <summary>The bytes of a call, no more of them and no slower than a call of Vipps' can be.</summary>
internal static class MakePaymentRequest
{
    private const int MaxBodyBytes = 16 * 1024;
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The body, or the status to answer without one.</summary>
    public static async Task<(ReadOnlyMemory<byte>? Body, int Status)> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MaxBodyBytes)
        {
            return (null, StatusCodes.Status413PayloadTooLarge);
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(BodyTimeout);
        var reader = context.Request.BodyReader;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(timeout.Token);
                if (result.Buffer.Length > MaxBodyBytes)
                {
                    reader.AdvanceTo(result.Buffer.End);
                    return (null, StatusCodes.Status413PayloadTooLarge);
                }

                if (result.IsCompleted)
                {
                    var body = result.Buffer.ToArray();
                    reader.AdvanceTo(result.Buffer.End);
                    return (body, StatusCodes.Status200OK);
                }

                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }
        catch (OperationCanceledException)
        {
            return (null, StatusCodes.Status408RequestTimeout);
        }
        catch (IOException exception)
        {
            // Framed wrongly, or too slow for Kestrel; or the caller has gone, and nobody reads this.
            return (null, exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status400BadRequest);
        }
    }
}
