using System.Text.Json;
using System.Text.RegularExpressions;

namespace PspGateway.Vipps.Wire;

/// <summary>
/// An error as Vipps may shape it: its own array of {errorCode, errorMessage, contextId}, problem+json, API management's body, the old
/// ErrorDetails, responseInfo, HTML, or nothing. Codes are strings and sometimes no numbers, so they are never parsed as such.
/// </summary>
internal sealed partial record VippsError(string? Code, string Text, string? ContextId)
{
    private const int MaxText = 300;
    private const int MaxCode = 60;

    public static VippsError Parse(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            var root = document.RootElement;
            return root.ValueKind switch
            {
                JsonValueKind.Array when root.GetArrayLength() > 0 => FromObject(root[0]),
                JsonValueKind.Object => FromObject(root),
                _ => Nothing,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Nothing;
        }
    }

    private static VippsError Nothing => new(null, "Vipps gave no reason.", null);

    private static VippsError FromObject(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            return Nothing;
        }

        if (error.TryGetProperty("responseInfo", out var info) && info.ValueKind == JsonValueKind.Object)
        {
            return new VippsError(CodeOf(Member(info, "responseCode")), Cut(Member(info, "responseMessage")), null);
        }

        var text = Member(error, "errorMessage") ?? Member(error, "detail") ?? Member(error, "title") ?? Member(error, "message") ?? Member(error, "developerMsg");
        return new VippsError(CodeOf(Member(error, "errorCode") ?? Member(error, "code")), Cut(text), Member(error, "contextId") ?? Member(error, "traceId"));
    }

    /// <summary>Vipps may quote what it refuses: a run of eight digits or more (a phone or card number) is masked, since the text is logged, stored and passed on.</summary>
    private static string Cut(string? text) => text is not { Length: > 0 } ? Nothing.Text : LongNumber().Replace(Plain(text, MaxText), "****");

    private static string? CodeOf(string? code) => code is null ? null : Plain(code, MaxCode);

    /// <summary>Stored and logged: no control characters, which a text column would not take.</summary>
    private static string Plain(string text, int most) => string.Concat(text.Take(most).Select(c => char.IsControl(c) ? ' ' : c));

    [GeneratedRegex("[0-9]{8,}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex LongNumber();

    private static string? Member(JsonElement element, string member) => !element.TryGetProperty(member, out var value)
        ? null
        : value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
}
