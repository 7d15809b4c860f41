using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using PspGateway.Domain.Payments;
using PspGateway.Storage;

namespace PspGateway.Customers;

/// <summary>
/// Where Vipps sends the customer, perhaps in another browser than the one that started. Only reads state; waits while
/// undecided, tells the truth in words, and sends who has paid on to the merchant; who has not goes on by hand. No cookie, and complete without its few lines of script,
/// which only spare a waiting page its refreshes.
/// </summary>
internal static class ReturnPage
{
    public const int ReferenceLength = 32;
    private const int RefreshSeconds = 1;

    /// <summary>Reads the page again when the payment is decided, or when nobody can tell.</summary>
    private const string Script = """
        const again = () => location.reload();
        const live = new EventSource(location.pathname + "/live");
        live.addEventListener("decided", again);
        live.onerror = () => { live.close(); setTimeout(again, 2000); };
        """;

    private const string AgainScript = """
        setTimeout(() => { location.href = document.querySelector("a").href; }, 5000);
        """;

    private static readonly string Policy = $"default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src '{HashOf(Script)}'";

    // The 3-D Secure page may stand in a frame.
    private static readonly string AgainPolicy = $"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src '{HashOf(AgainScript)}'";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/return/{reference}", ShowAsync).AllowAnonymous()
        .WithTags("Customers").WithSummary("The page that the customer returns to").WithDescription("Waits by refreshing while the payment is undecided, then sends who has paid on to the merchant.")
        .Produces<string>(200, "text/html").Produces<string>(404, "text/html").Produces<string>(503, "text/html");

    private static async Task<IResult> ShowAsync(string reference, HttpContext context, IDbContextFactory<GatewayDbContext> contexts)
    {
        var words = ReturnWords.For(context.Request.Headers.AcceptLanguage.ToString());
        var payment = reference.Length == ReferenceLength ? await FindAsync(reference, contexts, context.RequestAborted) : null;
        if (payment is null)
        {
            return Unknown(context);
        }

        SetHeaders(context.Response);
        var (title, detail) = words.Of(payment.State, payment.Reason);
        var refresh = payment.State switch
        {
            PaymentState.Authorised when payment.ReturnUrl is { } url => $"0; url={url}",

            // What went wrong, and what helps, takes as long to read as it takes: the customer goes on by hand (WCAG 2.2.1).
            _ => null,
        };
        return IsUndecided(payment.State)
            ? Page(words, title, detail, null, StatusCodes.Status200OK, script: Script)
            : Page(words, title, detail, payment.ReturnUrl is { } back ? (words.Back, back) : null, StatusCodes.Status200OK, refresh);
    }

    private static async Task<Shown?> FindAsync(string reference, IDbContextFactory<GatewayDbContext> contexts, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Payments.AsNoTracking().Where(p => p.ReturnReference == reference)
            .Select(p => new Shown(p.State, p.ReturnUrl, p.Events.Where(e => e.Name == PaymentEventName.Declined).OrderByDescending(e => e.Id).Select(e => e.Reason).FirstOrDefault()))
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>For every address that nobody knows, whatever is wrong with it.</summary>
    public static IResult Unknown(HttpContext context)
    {
        var words = ReturnWords.For(context.Request.Headers.AcceptLanguage.ToString());
        SetHeaders(context.Response);
        return Page(words, words.Unknown, words.UnknownDetail, null, StatusCodes.Status404NotFound);
    }

    /// <summary>For each page of a customer's that we cannot make now. It tries again, and so may the customer.</summary>
    public static IResult Unavailable(HttpContext context)
    {
        var words = ReturnWords.For(context.Request.Headers.AcceptLanguage.ToString());
        SetHeaders(context.Response);
        context.Response.Headers.ContentSecurityPolicy = AgainPolicy;
        var (title, detail, again) = words.Unavailable;
        return Page(words, title, detail, (again, AgainFrom(context)), StatusCodes.Status503ServiceUnavailable, script: AgainScript);
    }

    /// <summary>What was posted is not posted again: the page itself knows how to go on. Relative, since the customer may know us by another name.</summary>
    private static string AgainFrom(HttpContext context) => (context.Request.Method, context.GetRouteValue("reference") as string) switch
    {
        ("GET", _) or (_, null) => "",
        (_, { } reference) => context.Request.Path.Value!.EndsWith(reference, StringComparison.Ordinal) ? reference : $"../{reference}",
    };

    public static bool IsUndecided(PaymentState state) =>
        state is PaymentState.Created or PaymentState.Initiated or PaymentState.Authorising or PaymentState.StepUp or PaymentState.Approved;

    private static void SetHeaders(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    /// <param name="script">That of a page that waits, for something to be decided or for us.</param>
    private static IResult Page(ReturnWords words, string title, string detail, (string Text, string Address)? link, int status, string? refresh = null, string? script = null) => Results.Content(
        $$"""
        <!doctype html>
        <html lang="{{words.Language}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        {{(refresh is null ? "" : $"<meta http-equiv=\"refresh\" content=\"{WebUtility.HtmlEncode(refresh)}\">")}}
        {{(script == Script ? $"<noscript><meta http-equiv=\"refresh\" content=\"{RefreshSeconds}\"></noscript>" : "")}}
        <title>{{WebUtility.HtmlEncode(title)}}</title>
        <style>
        {{PageStyle.Css}}
        </style>
        </head>
        <body>
        <main>
        <p class="with">{{words.With}} <b>Vipps</b></p>
        <h1>{{WebUtility.HtmlEncode(title)}}</h1>
        {{(script is null ? "" : "<div class=\"dots\" aria-hidden=\"true\"><i></i><i></i><i></i></div>")}}
        <p role="status">{{WebUtility.HtmlEncode(detail)}}</p>
        {{(link is var (text, address) ? $"<p><a href=\"{WebUtility.HtmlEncode(address)}\">{WebUtility.HtmlEncode(text)}</a></p>" : "")}}
        {{(script == AgainScript ? "" : $"<small>{WebUtility.HtmlEncode(words.Footer)}</small>")}}
        </main>
        {{(script is null ? "" : $"<script>{script}</script>")}}
        </body>
        </html>
        """,
        "text/html; charset=utf-8",
        statusCode: status);

    private static string HashOf(string script) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}";

    private sealed record Shown(PaymentState State, string? ReturnUrl, string? Reason);
}
