using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace PspGateway.Vipps;

/// <summary>
/// The scheme of makePayment: our own per-payment token, sent raw or after "Bearer ". One algorithm, one type, one audience, no key
/// guessing. Every failure is the same 401 with an empty body and no hint.
/// </summary>
internal sealed class MakePaymentAuthentication(MakePaymentTokens tokens) : IConfigureNamedOptions<JwtBearerOptions>
{
    public const string Scheme = "make-payment";

    /// <summary>The scheme word that some clients put before a token; Vipps does not.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        if (request.Headers.Authorization is not [{ Length: > 0 } header])
        {
            return null;
        }

        var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..] : header;
        return token.Length is > 0 and <= MakePaymentTokens.MaxLength ? token : null;
    }

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
            ValidTypes = [MakePaymentTokens.Type],
            ValidAudience = MakePaymentTokens.Audience,
            ValidateIssuer = false,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = TimeSpan.FromMinutes(1),
            IssuerSigningKeys = tokens.Keys,
            TryAllIssuerSigningKeys = false,
        };
        options.Events = new JwtBearerEvents
        {
            OnMessageReceived = context =>
            {
                context.Token = TokenOf(context.Request);
                if (context.Token is null)
                {
                    context.NoResult();
                }

                return Task.CompletedTask;
            },
            OnChallenge = context =>
            {
                // Nothing but the status: no WWW-Authenticate that would tell the reason.
                context.HandleResponse();
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            },
        };
    }
}
