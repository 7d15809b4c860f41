using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using PspGateway.Merchants.Wire;
using PspGateway.Storage;

namespace PspGateway.Merchants;

/// <summary>POST /accesstoken/get, as Vipps' own: credentials in headers, no body needed, every member of the answer a string.</summary>
internal static class AccessTokenEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/accesstoken/get", IssueAsync).AllowAnonymous()
        .WithTags("Access tokens").WithSummary("Get an access token").WithDescription("For the merchant API, valid for an hour. No body is needed.")
        .WithHeader("client_id", "The client's id.").WithHeader("client_secret", "The client's secret.").WithHeader("Ocp-Apim-Subscription-Key", "The subscription key of one of the client's merchants.")
        .Produces<AccessTokenAnswer>().ProducesProblems(400, 401);

    private static async Task<IResult> IssueAsync(HttpRequest request, IDbContextFactory<GatewayDbContext> contexts, AccessTokens tokens, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var header in (string[])["client_id", "client_secret", "Ocp-Apim-Subscription-Key"])
        {
            if (request.Headers[header] is not [{ Length: > 0 and <= 500 }])
            {
                return MerchantProblems.InvalidHeader(header, "must be there once, with at most 500 characters");
            }
        }

        var clientId = request.Headers["client_id"].ToString();
        if (!await IsClientAsync(clientId, request.Headers["client_secret"].ToString(), request.Headers["Ocp-Apim-Subscription-Key"].ToString(), contexts, time, cancellationToken))
        {
            return MerchantProblems.WrongCredentials();
        }

        var now = time.GetUtcNow();
        return TypedResults.Json(
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

    /// <summary>An unknown client costs as much time as a wrong secret.</summary>
    private static async Task<bool> IsClientAsync(string clientId, string secret, string subscriptionKey, IDbContextFactory<GatewayDbContext> contexts, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        var secrets = await db.MerchantSecrets.AsNoTracking().Where(s => s.ClientId == clientId && (s.ExpiresAt == null || s.ExpiresAt > now)).ToListAsync(cancellationToken);
        var keyHash = SHA256.HashData(Encoding.UTF8.GetBytes(subscriptionKey));
        var keys = await db.Merchants.AsNoTracking().Where(m => m.ClientId == clientId && m.DisabledAt == null).Select(m => m.SubscriptionKeyHash).ToListAsync(cancellationToken);
        if (secrets.Count == 0)
        {
            _ = ClientSecrets.Matches(secret, new byte[16], new byte[32]);
            return false;
        }

        return secrets.Exists(s => ClientSecrets.Matches(secret, s.Salt, s.Hash)) & keys.Exists(k => CryptographicOperations.FixedTimeEquals(k, keyHash));
    }
}
