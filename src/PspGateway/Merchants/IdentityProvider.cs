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
/// appid) must be the one that a merchant is registered for; users' tokens have none and are refused.
/// </summary>
internal sealed class IdentityProvider(IOptions<IdentityProviderOptions> provider) : IConfigureNamedOptions<JwtBearerOptions>
{
    public const string Scheme = "merchant-identity-provider";

    // Signatures that need a private key: with a shared one, whoever checks could also sign.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384,
        SecurityAlgorithms.RsaSsaPssSha512, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly string[] ClientClaims = ["client_id", "azp", "appid"];

    /// <summary>The schemes of the merchant API, as routes name them.</summary>
    public static string Schemes(IServiceProvider services) => services.GetRequiredService<IOptions<IdentityProviderOptions>>().Value.Authority is null
        ? MerchantAuthentication.Scheme
        : $"{MerchantAuthentication.Scheme},{Scheme}";

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
                if (context.Principal is { } principal && ClientClaims.Select(principal.FindFirstValue).FirstOrDefault(value => value is { Length: > 0 }) is { } client)
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

            // The merchant's own scheme writes the answer.
            OnChallenge = context =>
            {
                context.HandleResponse();
                return Task.CompletedTask;
            },
        };
    }
}
