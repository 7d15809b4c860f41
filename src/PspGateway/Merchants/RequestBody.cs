namespace PspGateway.Merchants;

internal static class RequestBody
{
    public const int MaxBytes = 64 * 1024;

    /// <summary>The whole body, or the problem with it.</summary>
    public static async Task<(byte[] Body, StoredResponse? Problem)> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > MaxBytes)
        {
            return ([], MerchantProblems.TooLarge());
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[8 * 1024];
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
            {
                if (buffer.Length + read > MaxBytes)
                {
                    return ([], MerchantProblems.TooLarge());
                }

                buffer.Write(chunk, 0, read);
            }
        }
        catch (IOException exception)
        {
            // Framed wrongly, or slower than Kestrel's least rate: where the next request begins is not known.
            request.HttpContext.Response.Headers.Connection = "close";
            return ([], exception is BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } ? MerchantProblems.TooSlow() : MerchantProblems.BrokenBody());
        }

        return (buffer.ToArray(), null);
    }
}
