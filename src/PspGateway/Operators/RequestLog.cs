using Microsoft.AspNetCore.Http.Features;

namespace PspGateway.Operators;

/// <summary>One line per request: method, route, status, time. Never a query, a header or a body.</summary>
internal sealed partial class RequestLog(RequestDelegate next, TimeProvider time, ILogger<RequestLog> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var route = RouteOf(context);
            if (MaskedPaths.IsOfACustomer(context.Request.Path.Value ?? ""))
            {
                // Also where no route took it: a HEAD, or something below the page's address.
                context.Features.Get<IHttpActivityFeature>()?.Activity.SetTag("url.path", route);
            }

            var level = route == "/metrics" || route.StartsWith("/health", StringComparison.Ordinal) ? LogLevel.Debug : LogLevel.Information;
            LogRequest(level, context.Request.Method, route, context.Response.StatusCode, time.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    public static string RouteOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unmatched";

    [LoggerMessage(EventId = 9001, Message = "{Method} {Route} answered {Status} in {Milliseconds:F1} ms.")]
    private partial void LogRequest(LogLevel level, string method, string route, int status, double milliseconds);
}
