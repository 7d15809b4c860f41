using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Authorization;
using PspGateway.Merchants.Wire;

namespace PspGateway.Merchants.Webhooks;

internal static class WebhookRegistration
{
    public static void AddWebhooks(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.AllowedNetworks.All(network => IPNetwork.TryParse(network, out _)), $"{WebhookOptions.Section}:{nameof(WebhookOptions.AllowedNetworks)} must be networks, as 10.1.0.0/16.")
            .Validate(o => o.Backoff.All(wait => wait > TimeSpan.Zero), $"{WebhookOptions.Section}:{nameof(WebhookOptions.Backoff)} must be waits.")
            .ValidateOnStart();
        services.AddSingleton<WebhookAddress>();
        services.AddSingleton<WebhookSubscriptions>();
        services.AddSingleton<WebhookSender>();
        services.AddHostedService<WebhookWorker>();
        services.AddHttpClient(WebhookSender.HttpClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(provider => new SocketsHttpHandler
            {
                // A proxy would connect to addresses that nobody checked.
                UseProxy = false,
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectCallback = provider.GetRequiredService<WebhookAddress>().ConnectAsync,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionLifetime = TimeSpan.FromMinutes(1),
                MaxResponseHeadersLength = 16,
                MaxResponseDrainSize = 16 * 1024,
                ResponseDrainTimeout = TimeSpan.FromSeconds(1),
                ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            })
            .RemoveAllLoggers();
    }

    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var webhooks = routes.MapGroup("/webhooks/v1/webhooks")
            .RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = IdentityProvider.Either(routes.ServiceProvider) })
            .AddEndpointFilter<MerchantFilter>()
            .WithCommonProblems();
        webhooks.MapPost("", (HttpContext context, WebhookSubscriptions subscriptions) => subscriptions.RegisterAsync(context))
            .WithSummary("Register a webhook").WithDescription("The secret that its calls are signed with is shown this once. Beside Vipps' events there is epayments.payment.expiring.v1: the authorisation is about to end at the acquirer, and the amount is what is held still.")
            .WithBody<WebhookRequestBody>().Produces<WebhookCreated>(201).ProducesProblems(413);
        webhooks.MapGet("", (HttpContext context, WebhookSubscriptions subscriptions) => subscriptions.ListAsync(context))
            .WithSummary("List the merchant's webhooks").WithDescription("Without their secrets.")
            .Produces<WebhookList>();
        webhooks.MapDelete("/{id}", (string id, HttpContext context, WebhookSubscriptions subscriptions) => subscriptions.DeleteAsync(id, context))
            .WithSummary("Delete a webhook").WithDescription("What is not delivered to it yet is forgotten.")
            .Produces(204).ProducesProblems(404);
    }
}
