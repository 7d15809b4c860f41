using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using PspGateway.Merchants.Wire;
using PspGateway.Storage;
using PspGateway.Storage.Rows;
using PspGateway.Vault;

namespace PspGateway.Merchants.Webhooks;

/// <summary>The Webhooks API: register, list, delete. The secret is shown once, and stored sealed.</summary>
internal sealed partial class WebhookSubscriptions(
    IDbContextFactory<GatewayDbContext> contexts, WebhookAddress addresses, FieldSealer sealer, TimeProvider time, ILogger<WebhookSubscriptions> logger)
{
    /// <summary>Vipps' limit, per event and merchant.</summary>
    private const int MostPerEvent = 25;
    private const int SecretBytes = 64;

    /// <summary>What a secret is sealed for; it opens for nothing else.</summary>
    public static string ContextOf(Guid id) => $"webhook:{id:N}";

    public async Task<IResult> RegisterAsync(HttpContext context)
    {
        var merchant = MerchantFilter.Of(context).MerchantSerialNumber;
        var (body, unread) = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        if (unread is not null)
        {
            return unread;
        }

        WebhookRequest request;
        try
        {
            request = WebhookRequest.Parse(body);
        }
        catch (InvalidFieldException exception)
        {
            return MerchantProblems.InvalidField(exception.Field, exception.Reason);
        }
        catch (JsonException)
        {
            return MerchantProblems.NotJson();
        }

        if (await addresses.ProblemOfAsync(request.Url, context.RequestAborted) is { } problem)
        {
            return MerchantProblems.InvalidField("url", problem);
        }

        return await StoreAsync(merchant, request);
    }

    public async Task<IResult> ListAsync(HttpContext context)
    {
        var merchant = MerchantFilter.Of(context).MerchantSerialNumber;
        await using var db = await contexts.CreateDbContextAsync(context.RequestAborted);
        var rows = await db.WebhookSubscriptions.AsNoTracking().Where(s => s.MerchantSerialNumber == merchant && s.DeletedAt == null).OrderBy(s => s.Id).ToListAsync(context.RequestAborted);
        return TypedResults.Json(new WebhookList { Webhooks = [.. rows.Select(s => new WebhookBody { Id = s.Id, Url = s.Url, Events = s.Events })] }, MerchantJson.Default.WebhookList);
    }

    /// <summary>What is not delivered yet is forgotten with it.</summary>
    public async Task<IResult> DeleteAsync(string id, HttpContext context)
    {
        var merchant = MerchantFilter.Of(context).MerchantSerialNumber;
        await using var db = await contexts.CreateDbContextAsync(context.RequestAborted);
        var subscription = Guid.TryParse(id, out var parsed)
            ? await db.WebhookSubscriptions.SingleOrDefaultAsync(s => s.Id == parsed && s.MerchantSerialNumber == merchant && s.DeletedAt == null, context.RequestAborted)
            : null;
        if (subscription is null)
        {
            return MerchantProblems.NoWebhook();
        }

        subscription.DeletedAt = time.GetUtcNow();
        await using var transaction = await db.Database.BeginTransactionAsync(context.RequestAborted);
        await db.SaveChangesAsync(CancellationToken.None);
        await db.WebhookDeliveries.Where(d => d.SubscriptionId == subscription.Id && d.DueAt != null)
            .ExecuteUpdateAsync(d => d.SetProperty(x => x.DueAt, (DateTimeOffset?)null).SetProperty(x => x.ParkedAt, time.GetUtcNow()), CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
        LogDeleted(subscription.Id, merchant);
        return TypedResults.NoContent();
    }

    private async Task<IResult> StoreAsync(string merchant, WebhookRequest request)
    {
        await using var db = await contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();

        // Held, so that many at once are counted one after the other.
        await db.Database.ExecuteSqlAsync($"select from merchants where merchant_serial_number = {merchant} for update");
        var registered = await db.WebhookSubscriptions.AsNoTracking().Where(s => s.MerchantSerialNumber == merchant && s.DeletedAt == null).Select(s => s.Events).ToListAsync();
        if (request.Events.FirstOrDefault(name => registered.Count(events => events.Contains(name)) >= MostPerEvent) is { } full)
        {
            return MerchantProblems.InvalidField("events", $"{full} has {MostPerEvent} webhooks already");
        }

        var id = Guid.CreateVersion7(time.GetUtcNow());
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));
        db.WebhookSubscriptions.Add(new WebhookSubscriptionRow
        {
            Id = id,
            MerchantSerialNumber = merchant,
            Url = request.Url,
            Events = [.. request.Events],
            EventNames = [.. WebhookEvent.NamesOf(request.Events)],
            SealedSecret = sealer.Seal(Encoding.UTF8.GetBytes(secret), ContextOf(id)),
            CreatedAt = time.GetUtcNow(),
        });
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        LogRegistered(id, merchant, request.Events.Count);
        return TypedResults.Json(new WebhookCreated { Id = id, Secret = secret }, MerchantJson.Default.WebhookCreated, statusCode: StatusCodes.Status201Created);
    }

    [LoggerMessage(7501, LogLevel.Information, "Webhook {WebhookId} of merchant {Merchant} is registered for {Count} events.")]
    private partial void LogRegistered(Guid webhookId, string merchant, int count);

    [LoggerMessage(7502, LogLevel.Information, "Webhook {WebhookId} of merchant {Merchant} is deleted.")]
    private partial void LogDeleted(Guid webhookId, string merchant);
}
