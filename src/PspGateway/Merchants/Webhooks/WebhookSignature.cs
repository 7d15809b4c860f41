using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PspGateway.Merchants.Webhooks;

/// <summary>Vipps' signature of a webhook: HMAC-SHA256 over method, path, date, host and the content's hash (checked against the published vector).</summary>
internal static class WebhookSignature
{
    public static void Sign(HttpRequestMessage request, byte[] body, string secret, DateTimeOffset at)
    {
        var url = request.RequestUri ?? throw new ArgumentException("The request has no address.", nameof(request));
        var date = at.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);

        // IdnHost leaves the brackets of an IPv6 address away.
        var name = url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
        var host = url.IsDefaultPort ? name : $"{name}:{url.Port}";
        var hash = Convert.ToBase64String(SHA256.HashData(body));
        var signed = $"{request.Method}\n{url.PathAndQuery}\n{date};{host};{hash}";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)));
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("x-ms-date", date);
        request.Headers.TryAddWithoutValidation("x-ms-content-sha256", hash);
        request.Headers.TryAddWithoutValidation("Authorization", $"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
    }
}
