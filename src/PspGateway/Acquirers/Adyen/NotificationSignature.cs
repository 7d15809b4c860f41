using System.Security.Cryptography;
using System.Text;
using PspGateway.Acquirers.Adyen.Wire;

namespace PspGateway.Acquirers.Adyen;

/// <summary>Adyen's HMAC-SHA256 over eight members, joined by colons; the key is hex, the signature base64.</summary>
internal static class NotificationSignature
{
    public static bool IsValid(NotificationRequestItem item, byte[] key)
    {
        var signed = string.Join(
            ':', item.PspReference, item.OriginalReference, item.MerchantAccountCode, item.MerchantReference, item.Amount?.Value?.ToString(), item.Amount?.Currency, item.EventCode, item.Success);
        var expected = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed));
        var given = new byte[expected.Length];
        return item.AdditionalData?.HmacSignature is { } text
            && Convert.TryFromBase64String(text, given, out var length)
            && length == expected.Length
            && CryptographicOperations.FixedTimeEquals(given, expected);
    }
}
