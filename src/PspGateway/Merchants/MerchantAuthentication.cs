using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace PspGateway.Merchants;

/// <summary>The scheme of the merchant API: access tokens of <see cref="AccessTokens"/>. Failures are a plain 401 problem, without the reason.</summary>
internal sealed class MerchantAuthentication(AccessTokens tokens) : IConfigureNamedOptions<JwtBearerOptions>
{
    public const string Scheme = "merchant";

    public void Configure(JwtBearerOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, JwtBearerOptions options)
    {
        if (name != Scheme)
        {
            return;
        }

        options.MapInboundClaims = false;
        options.IncludeErrorDetails = false;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            ValidTypes = [AccessTokens.Type],
            ValidIssuer = AccessTokens.Issuer,
            ValidAudience = AccessTokens.Audience,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = TimeSpan.FromMinutes(1),
            IssuerSigningKeyResolver = (_, _, keyId, _) => tokens.KeysFor(keyId),
            TryAllIssuerSigningKeys = false,
        };
        options.Events = new JwtBearerEvents
        {
            OnMessageReceived = context =>
            {
                // A token has one spelling: the handler would take padding, which RFC 7515 does not allow (section 2).
                if (context.Request.Headers.Authorization is { Count: not 0 } headers && (headers.Count > 1 || headers.ToString().Contains('=')))
                {
                    context.Fail("Not one token.");
                }

                return Task.CompletedTask;
            },
            OnTokenValidated = context =>
            {
                if (!TokenShape.IsPlain(context.SecurityToken))
                {
                    context.Fail("Not a plain token.");
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
