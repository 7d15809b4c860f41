using System.Text.Json;
using System.Text.Unicode;
using PspGateway.Merchants.Webhooks;

namespace PspGateway.Merchants.Wire;

/// <summary>A registration, read strictly: a member that is not known is a mistake the merchant wants to hear of.</summary>
internal sealed class WebhookRequest
{
    private const int MaxDepth = 8;

    public required string Url { get; init; }

    public required IReadOnlyList<string> Events { get; init; }

    /// <exception cref="InvalidFieldException">A member is missing or wrong.</exception>
    /// <exception cref="JsonException">Not one JSON object in valid UTF-8.</exception>
    public static WebhookRequest Parse(byte[] body)
    {
        if (!Utf8.IsValid(body))
        {
            throw new JsonException("Not UTF-8.");
        }

        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
        var fields = new FieldReader(document.RootElement);
        var events = fields.Texts("events");
        FieldReader.Check(events.Count is >= 1 and <= 8, "events", "must name 1 to 8 events");
        FieldReader.Check(events.Distinct(StringComparer.Ordinal).Count() == events.Count, "events", "must name each event once");
        foreach (var name in events)
        {
            FieldReader.Check(WebhookEvent.All.Contains(name, StringComparer.Ordinal), "events", $"must be among {string.Join(", ", WebhookEvent.All)}");
        }

        return new WebhookRequest { Url = fields.Text("url", 1, 1024) ?? throw new InvalidFieldException("url", "is required"), Events = events };
    }
}

/// <summary>How a registration is described.</summary>
internal sealed class WebhookRequestBody
{
    public required string Url { get; init; }

    public required IReadOnlyList<string> Events { get; init; }
}

internal sealed class WebhookCreated
{
    public required Guid Id { get; init; }

    public required string Secret { get; init; }
}

internal sealed class WebhookList
{
    public required IReadOnlyList<WebhookBody> Webhooks { get; init; }
}

internal sealed class WebhookBody
{
    public required Guid Id { get; init; }

    public required string Url { get; init; }

    public required IReadOnlyList<string> Events { get; init; }
}

/// <summary>What a merchant's endpoint gets.</summary>
internal sealed class WebhookPayload
{
    public required string Msn { get; init; }

    public required string Reference { get; init; }

    public required string PspReference { get; init; }

    public required string Name { get; init; }

    public required AmountBody Amount { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    public string? IdempotencyKey { get; init; }

    public required bool Success { get; init; }
}
