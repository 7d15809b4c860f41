using System.Security.Cryptography;
using System.Text;

namespace PspGateway.Simulator.Pages;

/// <summary>The frame around every page: nothing is loaded from elsewhere, and no script runs but the page's own few lines.</summary>
internal static class Page
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'";

    /// <param name="refresh">seconds and address of the page that follows by itself</param>
    /// <param name="noScript">seconds after which the page is read again where there is no script</param>
    /// <param name="look">styles of this page alone</param>
    /// <param name="script">the only script that may run; the page is complete without it</param>
    /// <param name="live">where the script hears news</param>
    /// <param name="framed">may be shown inside of another's page</param>
    public static IResult Of(
        string title, Markup body, int status = StatusCodes.Status200OK, (int Seconds, string Url)? refresh = null,
        int? noScript = null, string look = "", string? script = null, string? live = null, bool framed = false)
    {
        var follow = refresh is { } next
            ? Markup.Of($"<meta http-equiv=\"refresh\" content=\"{next.Seconds};url={next.Url}\">\n") : Markup.Empty;
        var again = noScript is { } seconds
            ? Markup.Of($"<noscript><meta http-equiv=\"refresh\" content=\"{seconds}\"></noscript>\n") : Markup.Empty;
        var hears = live is null ? Markup.Empty : Markup.Of($" data-live=\"{live}\"");
        var runs = script is null ? Markup.Empty : new Markup($"<script>{script}</script>\n");
        var html = Markup.Of($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <link rel="icon" href="data:,">
            {follow}{again}<title>{title}</title>
            <style>{new Markup(Style.Css + look)}</style>
            </head>
            <body{hears}>
            {body}
            {runs}</body>
            </html>

            """);
        return new HtmlResult(
            status,
            html.Html,
            Policy + (framed ? "" : "; frame-ancestors 'none'") + (script is null ? "" : "; connect-src 'self'; script-src 'sha256-" + Hash(script) + "'"));
    }

    /// <summary>On top of the pages that explain: where else to go.</summary>
    public static Markup Bar(string here) => Markup.Of($"""
        <header class="bar"><a class="name" href="/">PspGateway</a><nav aria-label="Pages">{Link("/", "Board", here)}{Link("/shop", "Shop", here)}{Link("/books", "Books", here)}</nav></header>
        """);

    public static IResult Message(string title, string text, int status, string back = "/shop", string backText = "Back to the shop") => Of(
        title,
        Markup.Of($"""
            <main><div class="card"><h1>{title}</h1><p>{text}</p>
            <a class="button plain" href="{back}">{backText}</a></div></main>
            """),
        status);

    public static IResult SeeOther(HttpResponse response, string url)
    {
        response.Headers.Location = url;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }

    private static Markup Link(string to, string name, string here) =>
        Markup.Of($"<a href=\"{to}\"{(to == here ? new Markup(" aria-current=\"page\"") : Markup.Empty)}>{name}</a>");

    private static string Hash(string script) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)));

    private sealed class HtmlResult(int status, string html, string policy) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var bytes = Encoding.UTF8.GetBytes(html);
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "text/html; charset=utf-8";
            httpContext.Response.ContentLength = bytes.Length;
            httpContext.Response.Headers.ContentSecurityPolicy = policy;
            httpContext.Response.Headers.CacheControl = "no-store";
            httpContext.Response.Headers["Referrer-Policy"] = "no-referrer";
            httpContext.Response.Headers.XContentTypeOptions = "nosniff";
            await httpContext.Response.Body.WriteAsync(bytes, httpContext.RequestAborted);
        }
    }
}
