using System.Diagnostics;
using PspGateway.Payments;
using PspGateway.Payments.StepUps;

namespace PspGateway.Acquirers.Adyen;

internal static class AdyenRegistration
{
    private const int MaxAnswerBytes = 256 * 1024;

    public static void AddAdyen(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<AdyenOptions>().BindConfiguration(AdyenOptions.Section).ValidateDataAnnotations()
            .Validate(options => options.WebhookHmacKey is not { Length: > 0 } key || (key.Length % 2 == 0 && key.All(char.IsAsciiHexDigit)), $"{AdyenOptions.Section}:WebhookHmacKey must be hex.")
            .Validate(
                options => builder.Environment.IsDevelopment() || options.ConfirmModifications == ModificationProof.Response || options.WebhookHmacKey is { Length: > 0 },
                $"{AdyenOptions.Section}:WebhookHmacKey is missing: with ConfirmModifications Notification nothing would ever be confirmed.")
            .ValidateOnStart();
        services.AddHttpClient(AdyenClient.HttpClientName, client =>
            {
                // Every call has its own deadline; this one would turn a time-out into something else.
                client.Timeout = Timeout.InfiniteTimeSpan;
                client.MaxResponseContentBufferSize = MaxAnswerBytes;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),

                // Our trace ids, and whatever baggage a caller sent, are nothing to a counterparty.
                ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            })
            .RemoveAllLoggers();
        services.AddSingleton<AdyenClient>();
        services.AddSingleton<IAcquirer, AdyenAcquirer>();
        services.AddSingleton<IThreeDSecureServer, AdyenThreeDSecure>();
        services.AddSingleton<NotificationWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<NotificationWorker>());
        services.AddSingleton<NotificationEndpoint>();
    }
}
