using System.Net;
using Microsoft.EntityFrameworkCore;
using PspGateway.Domain.Payments;
using PspGateway.Storage;

namespace PspGateway.Customers;

/// <summary>
/// Where Vipps sends the customer, perhaps in another browser than the one that started. Only reads state; waits by refreshing while
/// undecided, tells the truth in words, and sends the customer on to the merchant. No script, no cookie.
/// </summary>
internal static class ReturnPage
{
    private const int RefreshSeconds = 1;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/return/{reference}", ShowAsync).AllowAnonymous()
        .WithTags("Customers").WithSummary("The page that the customer returns to").WithDescription("Waits by refreshing while the payment is undecided, then sends the customer on to the merchant.")
        .Produces<string>(200, "text/html").Produces<string>(404, "text/html");

    private static async Task<IResult> ShowAsync(string reference, HttpContext context, IDbContextFactory<GatewayDbContext> contexts)
    {
        var words = ReturnWords.For(context.Request.Headers.AcceptLanguage.ToString());
        var payment = reference.Length == 32 ? await FindAsync(reference, contexts, context.RequestAborted) : null;
        SetHeaders(context.Response);
        if (payment is null)
        {
            return Page(words, words.Unknown, words.UnknownDetail, null, StatusCodes.Status404NotFound, null);
        }

        var (title, detail) = words.Of(payment.State);
        var refresh = payment.State switch
        {
            _ when IsUndecided(payment.State) => $"{RefreshSeconds}",
            PaymentState.Authorised when payment.ReturnUrl is { } url => $"0; url={url}",
            _ when payment.ReturnUrl is { } url => $"5; url={url}",
            _ => null,
        };
        return Page(words, title, detail, IsUndecided(payment.State) ? null : payment.ReturnUrl, StatusCodes.Status200OK, refresh);
    }

    private static async Task<Shown?> FindAsync(string reference, IDbContextFactory<GatewayDbContext> contexts, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Payments.AsNoTracking().Where(p => p.ReturnReference == reference).Select(p => new Shown(p.State, p.ReturnUrl)).SingleOrDefaultAsync(cancellationToken);
    }

    private static bool IsUndecided(PaymentState state) =>
        state is PaymentState.Created or PaymentState.Initiated or PaymentState.Authorising or PaymentState.StepUp or PaymentState.Approved;

    private static void SetHeaders(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    private static IResult Page(ReturnWords words, string title, string detail, string? link, int status, string? refresh) => Results.Content(
        $$"""
        <!doctype html>
        <html lang="{{words.Language}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        {{(refresh is null ? "" : $"<meta http-equiv=\"refresh\" content=\"{WebUtility.HtmlEncode(refresh)}\">")}}
        <title>{{WebUtility.HtmlEncode(title)}}</title>
        <style>
        :root { color-scheme: light; }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f6f3f0; color: #1c1c1c; font: 1.0625rem/1.55 system-ui, sans-serif; }
        main { box-sizing: border-box; width: min(30rem, calc(100vw - 2rem)); padding: 2.5rem 2rem; background: #fff; border-radius: 1rem; box-shadow: 0 1px 3px #0002, 0 8px 30px #0001; }
        h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.25; }
        p { margin: 0 0 1.5rem; }
        a { display: block; padding: .9rem 1rem; border-radius: 2rem; background: #d83a05; color: #fff; font-weight: 600; text-align: center; text-decoration: none; }
        a:focus-visible { outline: 3px solid #1c1c1c; outline-offset: 3px; }
        small { color: #5b5b5b; }
        </style>
        </head>
        <body>
        <main>
        <h1>{{WebUtility.HtmlEncode(title)}}</h1>
        <p role="status">{{WebUtility.HtmlEncode(detail)}}</p>
        {{(link is null ? "" : $"<p><a href=\"{WebUtility.HtmlEncode(link)}\">{WebUtility.HtmlEncode(words.Back)}</a></p>")}}
        <small>{{WebUtility.HtmlEncode(words.Footer)}}</small>
        </main>
        </body>
        </html>
        """,
        "text/html; charset=utf-8",
        statusCode: status);

    private sealed record Shown(PaymentState State, string? ReturnUrl);
}
