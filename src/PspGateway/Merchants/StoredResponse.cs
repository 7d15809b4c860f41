namespace PspGateway.Merchants;

/// <summary>An answer as bytes, so that it can be stored and repeated byte for byte.</summary>
internal sealed class StoredResponse(int status, string contentType, byte[] body) : IResult
{
    public int Status { get; } = status;

    public string ContentType { get; } = contentType;

    public byte[] Body { get; } = body;

    public int? RetryAfterSeconds { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;
        httpContext.Response.ContentType = ContentType;
        httpContext.Response.ContentLength = Body.Length;
        if (RetryAfterSeconds is { } seconds)
        {
            httpContext.Response.Headers.RetryAfter = seconds.ToString();
        }

        await httpContext.Response.Body.WriteAsync(Body, httpContext.RequestAborted);
    }

    public StoredResponse WithRetryAfter(int seconds) => new(Status, ContentType, Body) { RetryAfterSeconds = seconds };
}
