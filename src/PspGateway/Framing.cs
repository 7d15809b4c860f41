namespace PspGateway;

/// <summary>
/// A request whose end two servers could see in two places is refused: a proxy before us and Kestrel must never disagree where the next one
/// begins. Kestrel itself refuses most of them.
/// </summary>
internal static class Framing
{
    // Kestrel keeps a Content-Length under this name when chunks override it.
    private const string Overridden = "X-Content-Length";

    /// <summary>Lines end in CRLF, as RFC 9112 has it; Kestrel would take a bare line feed unless told otherwise.</summary>
    public static void RefuseBareLineFeeds() => AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

    /// <summary>A length and chunks together (RFC 9112, section 6.3).</summary>
    public static Task RefuseTwoLengthsAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Headers.TransferEncoding.Count == 0 || !context.Request.Headers.ContainsKey(Overridden))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }
}
