using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PspGateway.Simulator.Acquirer;

/// <param name="PaymentReference">the reference of the authorisation it is about; not sent, but the books are searched by it.</param>
internal sealed record Notification(
    string EventCode,
    bool Success,
    string PspReference,
    string? OriginalReference,
    string MerchantAccount,
    string MerchantReference,
    long Value,
    string Currency,
    string PaymentReference)
{
    public string? PaymentMethod { get; init; }

    public string Reason { get; init; } = "";

    public string? ModificationAction { get; init; }

    public static Notification OfAuthorisation(Authorisation authorisation, bool success, long value, string? refusal)
    {
        var request = authorisation.Request;
        return new Notification("AUTHORISATION", success, authorisation.PspReference, null,
            request.MerchantAccount, request.Reference, value,
            request.Currency, request.Reference)
        {
            PaymentMethod = request.Brand,
            Reason = success ? $"012345:{request.LastFour}:3/2030" : refusal ?? "Refused",
        };
    }

    public byte[] Write(byte[] hmacKey, DateTimeOffset at)
    {
        var additionalData = new Dictionary<string, string>(StringComparer.Ordinal) { ["hmacSignature"] = Sign(hmacKey) };
        if (ModificationAction is not null)
        {
            additionalData["modification.action"] = ModificationAction;
        }

        var item = new
        {
            additionalData,
            amount = new { currency = Currency, value = Value },
            eventCode = EventCode,
            eventDate = at.ToString("yyyy-MM-dd'T'HH:mm:sszzz"),
            merchantAccountCode = MerchantAccount,
            merchantReference = MerchantReference,
            operations = EventCode == "AUTHORISATION" && Success ? new[] { "CANCEL", "CAPTURE", "REFUND" } : null,
            originalReference = OriginalReference,
            paymentMethod = PaymentMethod,
            pspReference = PspReference,
            reason = Reason,
            success = Success ? "true" : "false",
        };
        return JsonSerializer.SerializeToUtf8Bytes(
            new { live = "false", notificationItems = new[] { new { NotificationRequestItem = item } } }, AsIs);
    }

    /// <summary>NotificationRequestItem has a capital letter, everything else none: names go out as they stand above.</summary>
    private static readonly JsonSerializerOptions AsIs = new(Wire.Json) { PropertyNamingPolicy = null };

    private string Sign(byte[] hmacKey) => Convert.ToBase64String(HMACSHA256.HashData(hmacKey, Encoding.UTF8.GetBytes(string.Join(':',
        PspReference, OriginalReference, MerchantAccount, MerchantReference, Value, Currency, EventCode, Success ? "true" : "false"))));
}
