using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace PspGateway.Simulator.Vipps;

/// <summary>Vipps' access tokens. Several are valid at once, each for its full life.</summary>
internal sealed class AccessTokens(TimeProvider time, IOptions<SimulatorOptions> options)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _endOf = new(StringComparer.Ordinal);

    public void RevokeAll() => _endOf.Clear();

    public bool IsValid(string token) => _endOf.TryGetValue(token, out var end) && end > time.GetUtcNow();

    public Answer Issue(HttpRequest request)
    {
        var settings = options.Value;
        if (request.Headers["client_id"] != settings.ClientId || request.Headers["client_secret"] != settings.ClientSecret
            || request.Headers["Ocp-Apim-Subscription-Key"] != settings.SubscriptionKey)
        {
            return Answer.Empty(StatusCodes.Status401Unauthorized);
        }

        var now = time.GetUtcNow();
        foreach (var (old, end) in _endOf)
        {
            if (end <= now)
            {
                _endOf.TryRemove(old, out _);
            }
        }

        // As long as the real ones: more than 1000 characters.
        var token = "eyJ" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(780));
        _endOf[token] = now + settings.AccessTokenLife;
        return Answer.Json(StatusCodes.Status200OK, new
        {
            token_type = "Bearer",
            expires_in = ((long)settings.AccessTokenLife.TotalSeconds).ToString(),
            ext_expires_in = "0",
            expires_on = (now + settings.AccessTokenLife).ToUnixTimeSeconds().ToString(),
            not_before = now.ToUnixTimeSeconds().ToString(),
            resource = "00000002-0000-0000-c000-000000000000",
            access_token = token,
        });
    }
}
