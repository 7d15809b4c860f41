using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PspGateway.Simulator.Board;

/// <summary>What of a message may be shown: its shape and its meaning, never a secret, a card or a phone number.</summary>
internal static partial class Masking
{
    public const string Mask = "****";
    private const int LongestText = 400;

    private static readonly HashSet<string> Secret = new(StringComparer.OrdinalIgnoreCase)
    {
        "makePaymentToken", "token", "access_token", "client_secret", "number", "cryptogram", "tokenCryptogram", "tokenAuthenticationVerificationValue",
        "cavv", "authenticationValue", "threeDSServerTransID", "dsTransID", "paRes", "cRes", "redirectResult", "MD", "hmacSignature", "customerMobileNumber", "phoneNumber", "customerPhoneNumber", "mobileNumber",
    };

    public static string Show(byte[] body)
    {
        if (body.Length == 0)
        {
            return "(empty)";
        }

        if (body.Length >= Exchange.MostKept)
        {
            return "(too long to show)";
        }

        try
        {
            var node = JsonNode.Parse(body, documentOptions: new JsonDocumentOptions { MaxDepth = 32 });
            return Masked(node)?.ToJsonString(Indented) ?? "null";
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            var text = Encoding.UTF8.GetString(body);
            return Plain(text.Length > LongestText ? text[..LongestText] + " …" : text);
        }
    }

    /// <summary>A path may carry an unguessable name.</summary>
    public static string Plain(string text) => CardLike().Replace(Unguessable().Replace(Query().Replace(text, "${before}" + Mask), "${before}" + Mask), Mask);

    private static JsonNode? Masked(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    members[name] = Secret.Contains(name) && value is JsonValue ? Mask : Replaced(value);
                }

                return members;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    items[i] = Replaced(items[i]);
                }

                return items;
            case JsonValue value when value.TryGetValue<string>(out var text):
                return Plain(text);
            default:
                return node;
        }
    }

    // A node has one parent: a copy goes where the original is.
    private static JsonNode? Replaced(JsonNode? value) => Masked(value?.DeepClone());

    private static readonly JsonSerializerOptions Indented = new(Wire.Json) { WriteIndented = true };

    [GeneratedRegex("(?<before>[?&](?:token|code|key|sig|redirectResult)=)[^&\\s\"]+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Query();

    [GeneratedRegex("(?<before>/(?:return|3ds|issuer)/)[^/?&\\s\"]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Unguessable();

    /// <summary>A card's number stands alone; 12 digits within an id of letters and digits are none.</summary>
    [GeneratedRegex("(?<![0-9A-Za-z-])[0-9]{12,19}(?![0-9A-Za-z-])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CardLike();
}
