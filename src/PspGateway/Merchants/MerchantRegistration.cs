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
        services.AddSingleton<Idempotency>();
        services.AddSingleton<CreatePayment>();
    }

    public static void MapMerchants(this IEndpointRouteBuilder routes)
    {
        AccessTokenEndpoint.Map(routes);
        var payments = routes.MapGroup("/epayment/v1/payments")
            .RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = MerchantAuthentication.Scheme })
            .AddEndpointFilter<MerchantFilter>();
        payments.MapPost("", (HttpContext context, CreatePayment create) => create.HandleAsync(context));
        payments.MapGet("/{reference}", ReadPayment.PaymentAsync);
        payments.MapGet("/{reference}/events", ReadPayment.EventsAsync);
    }
}
