using System.Net;
using System.Security.Cryptography;
using System.Text;
using PspGateway.Domain.Operations;
using PspGateway.Payments.StepUps;
using PspGateway.Storage;

namespace PspGateway.Customers;

/// <summary>
/// Where Vipps' app takes the customer after a soft decline (url3dSecure): tells the bank about the browser, leads there and back, and ends at exactly
/// the address that Vipps named. Works in a web view and in a frame, without cookies, with and without script. It only shows: the engine decides,
/// and what is sent twice is done once.
/// </summary>
internal static class ThreeDSecurePage
{
    private const int ReferenceLength = 32;

    /// <summary>Fills in what issuers want to know of the browser, and goes on by itself.</summary>
    private const string CollectScript = """
        const form = document.forms[0];
        const tell = (name, value) => { form.elements[name].value = value; };
        tell("colorDepth", screen.colorDepth);
        tell("screenWidth", screen.width);
        tell("screenHeight", screen.height);
        tell("timeZoneOffset", new Date().getTimezoneOffset());
        tell("language", navigator.language);
        tell("javaEnabled", typeof navigator.javaEnabled === "function" && navigator.javaEnabled());
        tell("javaScriptEnabled", true);
        form.submit();
        """;

    private const string PostScript = "document.forms[0].submit();";

    private static readonly string[] BrowserFields = ["colorDepth", "screenWidth", "screenHeight", "timeZoneOffset", "language", "javaEnabled", "javaScriptEnabled"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/3ds/{reference}").AllowAnonymous().WithTags("Customers");
        Describe(pages.MapGet("", (string reference, HttpContext context, StepUpDesk desk) => ShowAsync(reference, context, () => desk.ShowAsync(reference, context.RequestAborted))))
            .WithSummary("The 3-D Secure page").WithDescription("What to do next: tell the bank about the browser, wait, go to the bank, or back to Vipps.");
        Describe(pages.MapPost("", (string reference, HttpContext context, StepUpDesk desk) => ShowAsync(reference, context, async () =>
            await desk.BeginAsync(reference, ThreeDSecureForm.BrowserOf(context, await ThreeDSecureForm.ReadAsync(context)), context.RequestAborted))))
            .WithSummary("Starts the challenge").WithDescription("With what the page's form tells of the browser. A second time it starts nothing.");
        Describe(pages.MapMethods("/return", [HttpMethods.Get, HttpMethods.Post], (string reference, HttpContext context, StepUpDesk desk) => ShowAsync(reference, context, () => ReturnAsync(reference, context, desk), depth: 1)))
            .WithSummary("Where the bank sends the customer back to").WithDescription("With redirectResult in the query or the form.");
        Describe(pages.MapPost("/cancel", (string reference, HttpContext context, StepUpDesk desk) => ShowAsync(reference, context, () => desk.CancelAsync(reference, context.RequestAborted), depth: 1)))
            .WithSummary("The customer gives up").WithDescription("Ends the payment, and sends the customer back to Vipps.");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route.Produces<string>(200, "text/html").Produces(303).Produces<string>(404, "text/html").Produces<string>(503, "text/html");

    private static async Task<StepUpStep?> ReturnAsync(string reference, HttpContext context, StepUpDesk desk)
    {
        var result = ThreeDSecureForm.RedirectResultOf(context, await ThreeDSecureForm.ReadAsync(context));
        try
        {
            return await desk.ReturnAsync(reference, result, context.RequestAborted);
        }
        catch (Exception exception) when (result is { Length: > 0 } && DatabaseAway.Cause(exception) is not null)
        {
            // What the bank sent them back with is nowhere but in their browser.
            return new StepUpStep.ReturnAgain(result);
        }
    }

    /// <param name="depth">How deep the address lies below the page's own.</param>
    private static async Task<IResult> ShowAsync(string reference, HttpContext context, Func<Task<StepUpStep?>> next, int depth = 0)
    {
        var step = reference.Length == ReferenceLength && reference.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? await next() : null;
        if (step is null)
        {
            return ReturnPage.Unknown(context);
        }

        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XContentTypeOptions = "nosniff";
        if (step is StepUpStep.GoOn go)
        {
            // The very bytes: the app reads them.
            headers.Location = go.Address;
            return Results.StatusCode(StatusCodes.Status303SeeOther);
        }

        // Without the host: whatever name the customer reached us by goes on.
        var self = depth == 0 ? reference : $"../{reference}";
        var words = ReturnWords.For(context.Request.Headers.AcceptLanguage.ToString());
        return step switch
        {
            StepUpStep.Collect collect => Collect(context, words, self, collect),
            StepUpStep.Challenge { Page.Posts: true } challenge => Post(context, words, self, challenge),
            StepUpStep.Challenge challenge => Go(context, words, self, challenge),
            StepUpStep.ReturnAgain again => ReturnAgain(context, words, self, again),
            _ => Wait(context, words, self),
        };
    }

    private static IResult Collect(HttpContext context, ReturnWords words, string self, StepUpStep.Collect collect)
    {
        var say = ThreeDSecureWords.For(words.Language);
        var fields = string.Concat(BrowserFields.Select(name => $"<input type=\"hidden\" name=\"{name}\">"));
        var form = $"<form method=\"post\" action=\"{self}\">{fields}<button>{Encode(collect.Again ? say.TryAgain : say.Continue)}</button></form>{CancelForm(say, self)}";

        // Once is enough by itself: what could not be sent is tried again when the customer says so.
        return Html(context, words, say.Title, collect.Again ? say.Again : say.Collect, form, collect.Ways, script: collect.Again ? null : CollectScript);
    }

    /// <summary>By a refresh, not from a form: a form may go to no address that is not named in the policy, wherever the bank sends it on to.</summary>
    private static IResult Go(HttpContext context, ReturnWords words, string self, StepUpStep.Challenge challenge)
    {
        var say = ThreeDSecureWords.For(words.Language);
        var address = Encode(challenge.Page.Address.AbsoluteUri);
        return Html(
            context, words, say.Title, say.Collect, $"<p><a href=\"{address}\" rel=\"noreferrer\">{Encode(say.Continue)}</a></p>{CancelForm(say, self)}", challenge.Ways, refresh: $"0; url={address}");
    }

    private static IResult Post(HttpContext context, ReturnWords words, string self, StepUpStep.Challenge challenge)
    {
        var say = ThreeDSecureWords.For(words.Language);
        var fields = string.Concat(challenge.Page.Fields.Select(field => $"<input type=\"hidden\" name=\"{Encode(field.Key)}\" value=\"{Encode(field.Value)}\">"));
        var form = $"<form method=\"post\" action=\"{Encode(challenge.Page.Address.AbsoluteUri)}\">{fields}<button>{Encode(say.Continue)}</button></form>{CancelForm(say, self)}";
        return Html(context, words, say.Title, say.Collect, form, [.. challenge.Ways, challenge.Page.Address.AbsoluteUri], script: PostScript);
    }

    /// <summary>Not by itself: it is tried again when the customer says so.</summary>
    private static IResult ReturnAgain(HttpContext context, ReturnWords words, string self, StepUpStep.ReturnAgain again)
    {
        var say = ThreeDSecureWords.For(words.Language);
        var form = $"<form method=\"post\" action=\"{self}/return\"><input type=\"hidden\" name=\"redirectResult\" value=\"{Encode(again.RedirectResult)}\"><button>{Encode(say.TryAgain)}</button></form>{CancelForm(say, self)}";
        return Html(context, words, say.Title, say.Again, form, []);
    }

    private static IResult Wait(HttpContext context, ReturnWords words, string self)
    {
        var say = ThreeDSecureWords.For(words.Language);
        return Html(context, words, say.Wait, say.WaitDetail, "", [], refresh: $"1; url={self}");
    }

    private static string CancelForm(ThreeDSecureWords say, string self) => $"<form method=\"post\" action=\"{self}/cancel\"><button class=\"quiet\">{Encode(say.Cancel)}</button></form>";

    /// <param name="targets">Where a form of the page may lead to, beside ourselves.</param>
    private static IResult Html(HttpContext context, ReturnWords words, string title, string detail, string inner, IEnumerable<string> targets, string? script = null, string? refresh = null)
    {
        var origins = targets.Select(t => new Uri(t).GetLeftPart(UriPartial.Authority)).Distinct(StringComparer.Ordinal);
        context.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action {string.Join(' ', origins.Prepend("'self'"))}"
            + (script is null ? "" : $"; script-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'");
        return Results.Content(
            $$"""
            <!doctype html>
            <html lang="{{words.Language}}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            {{(refresh is null ? "" : $"<meta http-equiv=\"refresh\" content=\"{refresh}\">")}}
            <title>{{Encode(title)}}</title>
            <style>
            {{PageStyle.Css}}
            </style>
            </head>
            <body>
            <main>
            <p class="with">{{Encode(words.With)}} <b>Vipps</b></p>
            <h1>{{Encode(title)}}</h1>
            <p role="status">{{Encode(detail)}}</p>
            {{inner}}
            </main>
            {{(script is null ? "" : $"<script>{script}</script>")}}
            </body>
            </html>
            """,
            "text/html; charset=utf-8");
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
