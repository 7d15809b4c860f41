using System.Text.Json;
using PspGateway.Merchants.Webhooks;

namespace PspGateway.Merchants.Wire;

/// <summary>A registration. Members that are not known are ignored, as everywhere.</summary>
internal sealed class WebhookRequest
{
    public required string Url { get; init; }

    public required IReadOnlyList<string> Events { get; init; }

    /// <exception cref="InvalidFieldException">A member is missing or wrong.</exception>
    /// <exception cref="JsonException">No JSON object in UTF-8, too deep, or with duplicate members.</exception>
    public static WebhookRequest Parse(byte[] body)
    {
        using var document = CreatePaymentRequest.ParseDocument(body);
        var fields = new FieldReader(document.RootElement);
        var events = fields.Texts("events");
        FieldReader.Check(events.Count >= 1 && events.Count <= WebhookEvent.All.Count, "events", $"must name 1 to {WebhookEvent.All.Count} events");
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
