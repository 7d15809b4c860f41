using PspGateway.Customers;
using PspGateway.Merchants;
using PspGateway.Operators;
using PspGateway.Storage;

namespace PspGateway;

/// <summary>What a caller gets when we could not do our part: a problem, or a page, that says so and what to do. Vipps' calls have answers of their own.</summary>
internal sealed partial class FailedRequests(RequestDelegate next, ILogger<FailedRequests> logger)
{
    private const int RetryAfterSeconds = 5;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (exception is not BadHttpRequestException && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var route = RequestLog.RouteOf(context);
            var away = DatabaseAway.Cause(exception) is not null;
            if (away)
            {
                LogAway(exception, context.Request.Method, route);
            }
            else
            {
                LogBroken(exception, context.Request.Method, route);
            }

            context.Response.Clear();
            await AnswerFor(context, away).ExecuteAsync(context);
        }
    }

    private static IResult AnswerFor(HttpContext context, bool away) => MaskedPaths.IsOfACustomer(context.Request.Path.Value ?? "")
        ? ReturnPage.Unavailable(context)
        : away ? MerchantProblems.Unavailable().WithRetryAfter(RetryAfterSeconds) : MerchantProblems.Broken();

    [LoggerMessage(9002, LogLevel.Warning, "{Method} {Route}: the database is away.")]
    private partial void LogAway(Exception exception, string method, string route);

    [LoggerMessage(9003, LogLevel.Error, "{Method} {Route} broke.")]
    private partial void LogBroken(Exception exception, string method, string route);
}
