using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Operators;

/// <summary>`webhooks [log] [MSN]` shows what is not delivered; `webhooks redeliver ID` sends one again, also one that was delivered or parked.</summary>
internal static class WebhooksCommand
{
    private const int Most = 1000;

    public static async Task<int> RunAsync(string[] args, GatewayDatabase database, CancellationToken cancellationToken)
    {
        switch (args)
        {
            case [] or ["log"] or ["log", _]:
                var log = await WebhookLog.OpenAsync(database.General, args.ElementAtOrDefault(1), Most, cancellationToken);
                foreach (var one in log)
                {
                    await Console.Out.WriteLineAsync($"{one.Id}  {one.CreatedAt:yyyy-MM-dd HH:mm:ss}  {one.MerchantSerialNumber,-10}  {one.PaymentId:N}  {one.Event,-10}  tries {one.Tries}  {one.State}  {one.Url}");
                }

                await Console.Out.WriteLineAsync(log.Count == Most ? $"The {Most} oldest." : $"{log.Count} not delivered.");
                return 0;

            case ["redeliver", { } id] when Guid.TryParse(id, out var delivery):
                var again = await WebhookLog.RedeliverAsync(database.General, delivery, cancellationToken);
                await Console.Out.WriteLineAsync(again ? "It is sent again." : "There is no delivery of that id to an endpoint that is still registered.");
                return again ? 0 : 1;

            default:
                await Console.Error.WriteLineAsync("Usage: webhooks [log [MSN]] | webhooks redeliver ID");
                return 2;
        }
    }
}
