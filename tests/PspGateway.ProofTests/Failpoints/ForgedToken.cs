using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using PspGateway.IntegrationTests.World;

namespace PspGateway.ProofTests.Failpoints;

/// <summary>A makePaymentToken made by somebody who has the key: as ours in all but its expiry, so that it is not the one that was issued.</summary>
internal static class ForgedToken
{
    public static string For(string payment, long amount, DateTimeOffset expires)
    {
        var settings = Settings.For("", new Uri("http://127.0.0.1"), new Uri("http://127.0.0.1"), "");
        var head = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"HS256","kid":"{{settings["MakePayment:SigningKeys:0:Id"]}}","typ":"mp+jwt"}"""));
        var claims = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"aud":"mp","sub":"{{payment}}","msn":"{{Settings.Merchant}}","amt":"{{amount}}","exp":{{expires.ToUnixTimeSeconds()}}}"""));
        var key = Convert.FromBase64String(settings["MakePayment:SigningKeys:0:Key"]!);
        return $"{head}.{claims}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{head}.{claims}")))}";
    }
}
