using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace PspGateway.Merchants;

internal static class MerchantRegistration
{
    public static void AddMerchants(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddHostedService<MerchantSeeder>();
        services.AddSingleton<AccessTokens>();
        services.AddHostedService(provider => provider.GetRequiredService<AccessTokens>());
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, MerchantAuthentication>();
        services.AddSingleton<LoginLimits>();
        services.AddSingleton<KnownSecrets>();
        services.AddSingleton<ClientLogins>();
        services.AddSingleton<Idempotency>();
        services.AddSingleton<IdempotencyPurge>();
        services.AddHostedService(provider => provider.GetRequiredService<IdempotencyPurge>());
        services.AddSingleton<CreatePayment>();
        services.AddSingleton<ForceApprove>();
    }

    public static void MapMerchants(this IEndpointRouteBuilder routes)
    {
        AccessTokenEndpoint.Map(routes);
        var payments = Group(routes, "/epayment/v1/payments");
        payments.MapPost("", (HttpContext context, CreatePayment create) => create.HandleAsync(context));
        payments.MapGet("/{reference}", ReadPayment.PaymentAsync);
        payments.MapGet("/{reference}/events", ReadPayment.EventsAsync);
        Group(routes, "/epayment/v1/test/payments").MapPost("/{reference}/approve", (string reference, HttpContext context, ForceApprove approve) => approve.HandleAsync(reference, context));
    }

    private static RouteGroupBuilder Group(IEndpointRouteBuilder routes, string path) => routes.MapGroup(path)
        .RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = MerchantAuthentication.Scheme })
        .AddEndpointFilter<MerchantFilter>();
}
