using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace PspGateway.Merchants;

internal sealed class IdentityProviderOptions
{
    public const string Section = MerchantSettings.Section;

    /// <summary>The issuer, whose keys are found by its OpenID configuration. Null: only the gateway's own access tokens are taken.</summary>
    public Uri? Authority { get; set; }

    /// <summary>Who its tokens must be for.</summary>
    public string Audience { get; set; } = "";
}

/// <summary>
/// A second scheme of the merchant API: access tokens of the PSP's own identity provider. The client they were given to (client_id, azp or
/// appid) must be the one that a merchant is registered for. A token that a user has signed in for names the client too, and is refused by what
/// only such tokens carry; give the audience to service accounts alone all the same.
/// </summary>
internal sealed class IdentityProvider(IOptions<IdentityProviderOptions> provider) : IConfigureNamedOptions<JwtBearerOptions>
{
    public const string Scheme = "merchant-identity-provider";
    public const string EitherScheme = "merchant-either";
    private const int MostCharacters = 16 * 1024;

    // Signatures that need a private key: with a shared one, whoever checks could also sign.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384,
        SecurityAlgorithms.RsaSsaPssSha512, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly string[] ClientClaims = ["client_id", "azp", "appid"];
    private static readonly string[] UserClaims = ["sid", "auth_time", "nonce", "scp", "amr"];

    /// <summary>The scheme of the merchant API: chooses between the gateway's own tokens and the provider's, so that the one never waits for the other.</summary>
    public static string Either(IServiceProvider services) =>
        services.GetRequiredService<IOptions<IdentityProviderOptions>>().Value.Authority is null ? MerchantAuthentication.Scheme : EitherScheme;

    /// <summary>By who says to have issued the token. Nothing is believed of it here.</summary>
    public static string Choose(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || header.Length > MostCharacters)
        {
            return MerchantAuthentication.Scheme;
        }

        try
        {
            return new JsonWebToken(header["Bearer ".Length..]).Issuer is { Length: > 0 } issuer && issuer != AccessTokens.Issuer ? Scheme : MerchantAuthentication.Scheme;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenMalformedException or System.Text.Json.JsonException)
        {
            return MerchantAuthentication.Scheme;
        }
    }

    public void Configure(JwtBearerOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, JwtBearerOptions options)
    {
        if (name != Scheme || provider.Value.Authority is not { } authority)
        {
            return;
        }

        options.Authority = authority.AbsoluteUri.TrimEnd('/');
        options.RequireHttpsMetadata = !authority.IsLoopback;
        options.BackchannelTimeout = TimeSpan.FromSeconds(5);
        options.MapInboundClaims = false;
        options.IncludeErrorDetails = false;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAlgorithms = Algorithms,
            ValidTypes = ["at+jwt", "JWT"],
            ValidAudience = provider.Value.Audience,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = TimeSpan.FromMinutes(1),
            TryAllIssuerSigningKeys = false,
        };
        options.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                if (TokenShape.IsPlain(context.SecurityToken) && context.Principal is { } principal && !UserClaims.Any(claim => principal.HasClaim(c => c.Type == claim))
                    && ClientClaims.Select(principal.FindFirstValue).FirstOrDefault(value => value is { Length: > 0 }) is { } client)
                {
                    // From here on it is what our own token would say.
                    context.Principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(JwtRegisteredClaimNames.Sub, client)], Scheme));
                }
                else
                {
                    context.Fail("No client.");
                }

                return Task.CompletedTask;
            },

            OnChallenge = async context =>
            {
                context.HandleResponse();
                await MerchantProblems.Unauthorized().ExecuteAsync(context.HttpContext);
            },
        };
    }
}
