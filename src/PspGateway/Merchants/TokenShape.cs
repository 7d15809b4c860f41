using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace PspGateway.Merchants;

/// <summary>What the library lets pass in a token whose signature is right.</summary>
internal static class TokenShape
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>No extension that must be understood (RFC 7515, section 4.1.11: we understand none), and no name twice (RFC 7519, section 4).</summary>
    public static bool IsPlain(SecurityToken token)
    {
        if (token is not JsonWebToken jwt || jwt.TryGetHeaderValue<object>("crit", out _))
        {
            return false;
        }

        try
        {
            using var header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedHeader), Strict);
            using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(jwt.EncodedPayload), Strict);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
