using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Npgsql;
using PspGateway.Acquirers.Adyen.Wire;
using PspGateway.Storage;
using PspGateway.Storage.Rows;

namespace PspGateway.Acquirers.Adyen;

/// <summary>Takes Adyen's notifications: verified, stored, and only then acknowledged (ENGINE 14). A repeat is the same row.</summary>
internal sealed partial class NotificationEndpoint(GatewayDatabase database, IOptions<AdyenOptions> options, NotificationWorker worker, ILogger<NotificationEndpoint> logger)
{
    private const int MaxBodyBytes = 256 * 1024;
    private const int MaxItems = 100;

    private const string Sql = """
        insert into acquirer_notifications (id, psp_reference, event_code, kind, success, merchant_account, original_reference, merchant_reference,
                                            amount_minor, currency, reason, received_at, due_at, tries)
        select n.id, n.psp_reference, n.event_code, n.kind, n.success, n.merchant_account, n.original_reference, n.merchant_reference,
               n.amount_minor, n.currency, n.reason, clock_timestamp(), clock_timestamp(), 0
        from unnest(@ids, @psp_references, @event_codes, @kinds, @successes, @accounts, @originals, @references, @amounts, @currencies, @reasons)
            as n (id, psp_reference, event_code, kind, success, merchant_account, original_reference, merchant_reference, amount_minor, currency, reason)
        on conflict (psp_reference, event_code, success) do nothing
        """;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/acquirers/adyen/notifications", (HttpContext context, NotificationEndpoint endpoint) => endpoint.HandleAsync(context))
        .AllowAnonymous()
        .WithTags("Acquirer").WithSummary("Adyen notifies").WithDescription("Each item carries an HMAC-SHA256 signature. Answered [accepted] once all of them are stored; a repeat is stored once.")
        .WithMetadata(new AcceptsMetadata([], typeof(NotificationRequest)))
        .Produces<string>(200, "text/plain").Produces(400).Produces(401).Produces(503);

    private async Task<IResult> HandleAsync(HttpContext context)
    {
        if (options.Value.WebhookHmacKey is not { Length: > 0 } hex)
        {
            LogNoKey();
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        }

        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = MaxBodyBytes;
        var (items, status) = await ReadAsync(context);
        if (items is null)
        {
            context.Response.Headers.Connection = "close";
            return Results.StatusCode(status);
        }

        var key = Convert.FromHexString(hex);
        if (items.Count is 0 or > MaxItems || !items.All(item => NotificationSignature.IsValid(item, key)))
        {
            LogForged();
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        }

        Failpoint.Here("notification.before-stored", string.Join(' ', items.Select(i => i.MerchantReference)));
        await StoreAsync(items, context.RequestAborted);
        Failpoint.Here("notification.after-stored", string.Join(' ', items.Select(i => i.MerchantReference)));
        worker.Wake();
        return Results.Text("[accepted]");
    }

    private static async Task<(IReadOnlyList<NotificationRequestItem>? Items, int Status)> ReadAsync(HttpContext context)
    {
        try
        {
            var request = await JsonSerializer.DeserializeAsync(context.Request.Body, AdyenJson.Default.NotificationRequest, context.RequestAborted);
            var items = request?.NotificationItems?.Select(i => i?.Item).ToList();
            return (items is not null && items.TrueForAll(IsWhole) ? items.OfType<NotificationRequestItem>().ToList() : null, StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException exception)
        {
            return (null, exception.StatusCode);
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return (null, StatusCodes.Status400BadRequest);
        }
    }

    public static NotificationKind KindOf(string? eventCode) => eventCode switch
    {
        "AUTHORISATION" => NotificationKind.Authorisation,
        "CANCELLATION" or "CANCEL_OR_REFUND" => NotificationKind.Cancellation,
        "TECHNICAL_CANCEL" => NotificationKind.CancelByReference,
        "CAPTURE" => NotificationKind.Capture,
        "CAPTURE_FAILED" => NotificationKind.CaptureUndone,
        "REFUND" => NotificationKind.Refund,
        "REFUND_FAILED" or "REFUNDED_REVERSED" => NotificationKind.RefundUndone,
        _ => NotificationKind.Other,
    };

    /// <summary>Complete, and without the one character that a text column does not take.</summary>
    private static bool IsWhole(NotificationRequestItem? item) =>
        item is { PspReference.Length: > 0, EventCode.Length: > 0, MerchantReference: not null, MerchantAccountCode: not null, Success: "true" or "false" }
        && !$"{item.PspReference}{item.EventCode}{item.MerchantReference}{item.MerchantAccountCode}{item.OriginalReference}{item.Amount?.Currency}".Contains('\0');

    private async Task StoreAsync(IReadOnlyList<NotificationRequestItem> items, CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("ids", [.. items.Select(_ => Guid.CreateVersion7())]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("psp_references", [.. items.Select(i => i.PspReference)]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("event_codes", [.. items.Select(i => i.EventCode)]));
        command.Parameters.Add(new NpgsqlParameter<string[]>("kinds", [.. items.Select(i => KindOf(i.EventCode).ToString())]));
        command.Parameters.Add(new NpgsqlParameter<bool[]>("successes", [.. items.Select(i => i.Success == "true")]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("accounts", [.. items.Select(i => i.MerchantAccountCode)]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("originals", [.. items.Select(i => i.OriginalReference)]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("references", [.. items.Select(i => i.MerchantReference)]));
        command.Parameters.Add(new NpgsqlParameter<long[]>("amounts", [.. items.Select(i => i.Amount?.Value ?? 0)]));
        command.Parameters.Add(new NpgsqlParameter<string[]>("currencies", [.. items.Select(i => i.Amount?.Currency ?? "")]));
        command.Parameters.Add(new NpgsqlParameter<string?[]>("reasons", [.. items.Select(i => i.Reason?.Replace('\0', ' '))]));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(6101, LogLevel.Error, "A notification was refused: Acquirer:Adyen:WebhookHmacKey is not set.")]
    private partial void LogNoKey();

    [LoggerMessage(6102, LogLevel.Warning, "A notification was refused: its signature is not Adyen's.")]
    private partial void LogForged();
}
