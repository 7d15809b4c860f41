using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Pages;

namespace PspGateway.Simulator.Phone;

/// <summary>The bank: it sends its customer a code and asks for it. Who closes the page has not answered.</summary>
internal static class IssuerPage
{
    private const string Code = "1234";
    private const string Look = ".pay,.pay:hover{background:#1d4f91;color:#fff}";

    public static void MapIssuer(this WebApplication app)
    {
        app.MapGet("/issuer/{token}", (string token, Authentications authentications) => authentications.FindAtTheBank(token) is { } challenge ? Show(token, challenge) : Unknown());
        app.MapPost("/issuer/{token}", AnswerAsync);
    }

    private static async Task<IResult> AnswerAsync(string token, HttpRequest request, Authentications authentications)
    {
        if (authentications.FindAtTheBank(token) is not { } challenge)
        {
            return Unknown();
        }

        var form = request.HasFormContentType ? await request.ReadFormAsync(request.HttpContext.RequestAborted) : FormCollection.Empty;
        ChallengeEnd? end = form["action"].ToString() switch
        {
            "cancel" => ChallengeEnd.Cancelled,
            "confirm" => form["code"] == Code ? ChallengeEnd.Confirmed : ChallengeEnd.WrongCode,
            _ => null,
        };

        // Posted here by the shop's side (MD), not by the customer.
        return end is { } answered ? Page.SeeOther(request.HttpContext.Response, authentications.Return(token, challenge, answered)) : Show(token, challenge);
    }

    private static IResult Show(string token, Challenge challenge) => Page.Of("Your bank", Markup.Of($"""
        <main><div class="card">
        <h1>Your bank</h1>
        <p>Somebody pays with your card that ends in {challenge.Request.LastFour}. Is it you?</p>
        <p class="sum">{Markup.Kroner(challenge.Request.Amount)}</p>
        <form method="post" action="/issuer/{token}">
        <label class="top" for="code">The code from your bank</label>
        <input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="8">
        <p class="hint">It is {Code}. Any other is wrong.</p>
        <button class="pay" name="action" value="confirm" type="submit">Confirm</button>
        <button class="plain" name="action" value="cancel" type="submit">It is not me</button>
        </form>
        </div><footer>A simulation of a bank&rsquo;s 3-D Secure page</footer></main>
        """), look: Look, framed: true);

    private static IResult Unknown() => Page.Message("The bank does not know this", "The page was used before, or its link is incomplete.", StatusCodes.Status404NotFound);
}
