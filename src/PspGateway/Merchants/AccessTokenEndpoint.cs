using Microsoft.AspNetCore.Http.HttpResults;
using PspGateway.Merchants.Wire;

namespace PspGateway.Merchants;

/// <summary>POST /accesstoken/get, as Vipps' own: credentials in headers, no body needed, every member of the answer a string.</summary>
internal static class AccessTokenEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/accesstoken/get", IssueAsync).AllowAnonymous()
        .WithTags("Access tokens").WithSummary("Get an access token").WithDescription("For the merchant API, valid for an hour. No body is needed.")
        .WithHeader("client_id", "The client's id.").WithHeader("client_secret", "The client's secret.").WithHeader("Ocp-Apim-Subscription-Key", "The subscription key of one of the client's merchants.")
        .Produces<AccessTokenAnswer>().ProducesProblems(400, 401, 503);

    private static async Task<IResult> IssueAsync(HttpRequest request, ClientLogins logins, AccessTokens tokens, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var header in (string[])["client_id", "client_secret", "Ocp-Apim-Subscription-Key"])
        {
            if (request.Headers[header] is not [{ Length: > 0 and <= 500 }])
            {
                return MerchantProblems.InvalidHeader(header, "must be there once, with at most 500 characters");
            }
        }

        var shown = new Credentials(request.Headers["client_id"].ToString(), request.Headers["client_secret"].ToString(), request.Headers["Ocp-Apim-Subscription-Key"].ToString());
        return await logins.CheckAsync(shown, cancellationToken) switch
        {
            LoginOutcome.Right => Issue(shown.ClientId, tokens, time.GetUtcNow()),
            LoginOutcome.TooMany tooMany => MerchantProblems.TooManyFailures().WithRetryAfter((int)Math.Ceiling(tooMany.RetryAfter.TotalSeconds)),
            _ => MerchantProblems.WrongCredentials(),
        };
    }

    private static JsonHttpResult<AccessTokenAnswer> Issue(string clientId, AccessTokens tokens, DateTimeOffset now) => TypedResults.Json(
        new AccessTokenAnswer
        {
            TokenType = "Bearer",
            ExpiresIn = ((int)AccessTokens.Life.TotalSeconds).ToString(),
            ExtExpiresIn = "0",
            ExpiresOn = (now + AccessTokens.Life).ToUnixTimeSeconds().ToString(),
            NotBefore = now.ToUnixTimeSeconds().ToString(),
            Resource = "00000002-0000-0000-c000-000000000000",
            AccessToken = tokens.Issue(clientId, now),
        },
        MerchantJson.Default.AccessTokenAnswer);
}
