using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Operations;
using PspGateway.Merchants.Webhooks;
using PspGateway.Merchants.Wire;

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
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, IdentityProvider>();
        services.AddOptions<IdentityProviderOptions>().BindConfiguration(IdentityProviderOptions.Section)
            .Validate(o => o.Authority is null or { IsAbsoluteUri: true, Scheme: "https" } or { IsAbsoluteUri: true, IsLoopback: true }, $"{IdentityProviderOptions.Section}:{nameof(IdentityProviderOptions.Authority)} must be an https address (http on loopback only).")
            .Validate(o => o.Authority is null || o.Audience.Length > 0, $"{IdentityProviderOptions.Section}:{nameof(IdentityProviderOptions.Audience)} is missing: without it every token of the provider would be taken.")
            .ValidateOnStart();
        services.AddSingleton<LoginLimits>();
        services.AddSingleton<KnownSecrets>();
        services.AddSingleton<ClientLogins>();
        services.AddSingleton<Idempotency>();
        services.AddSingleton<IdempotencyPurge>();
        services.AddHostedService(provider => provider.GetRequiredService<IdempotencyPurge>());
        services.AddSingleton<CreatePayment>();
        services.AddSingleton<ModificationOrders>();
        services.AddSingleton<ModifyPayment>();
        services.AddSingleton<ForceApprove>();
        builder.AddWebhooks();
    }

    public static void MapMerchants(this IEndpointRouteBuilder routes)
    {
        routes.MapWebhooks();
        AccessTokenEndpoint.Map(routes);
        var payments = Group(routes, "/epayment/v1/payments");
        payments.MapPost("", (HttpContext context, CreatePayment create) => create.HandleAsync(context))
            .WithSummary("Create a payment")
            .WithDescription("Stores the payment and initiates it at Vipps. The same Idempotency-Key with the same body gives the stored answer, byte for byte, or resumes what broke off.")
            .WithHeader(IdempotentRequest.Header, "1 to 50 printable ASCII characters, the merchant's own for this payment.")
            .WithBody<CreatePaymentBody>()
            .Produces<CreatePaymentAnswer>(201).ProducesProblems(409, 413, 502);
        payments.MapGet("/{reference}", ReadPayment.PaymentAsync)
            .WithSummary("Get a payment").WithDescription("State and amounts. AUTHORIZED once Vipps has our OK.")
            .Produces<PaymentAnswer>().ProducesProblems(404);
        payments.MapGet("/{reference}/events", ReadPayment.EventsAsync)
            .WithSummary("Get a payment's history").WithDescription("Oldest first.")
            .Produces<IReadOnlyList<EventBody>>().ProducesProblems(404);
        MapModification<ModificationBody>(payments, OperationKind.Capture, "capture", "Capture a payment, or a part of it");
        MapModification<ModificationBody>(payments, OperationKind.Refund, "refund", "Refund what is captured, or a part of it");
        MapModification<CancelBody>(payments, OperationKind.Cancel, "cancel", "End a payment before its approval, or let go of what is not captured", mayBeEmpty: true);
        Group(routes, "/epayment/v1/test/payments").MapPost("/{reference}/approve", (string reference, HttpContext context, ForceApprove approve) => approve.HandleAsync(reference, context))
            .WithSummary("Force the approval of a payment").WithDescription("In Vipps' test environment only (Vipps:TestEnvironment): approves as the customer would, and answers when the payment is decided.")
            .WithBody<ForceApproveBody>()
            .Produces(200).ProducesProblems(404, 413);
    }

    private static void MapModification<TBody>(RouteGroupBuilder payments, OperationKind kind, string word, string summary, bool mayBeEmpty = false) => payments
        .MapPost($"/{{reference}}/{word}", (string reference, HttpContext context, ModifyPayment modify) => modify.HandleAsync(kind, reference, context))
        .WithSummary(summary)
        .WithDescription("Answers when the acquirer has done it, or after 10 s; an amount that is accepted is counted at once, and comes back if the acquirer fails. The same Idempotency-Key with the same body gives the stored answer, byte for byte.")
        .WithHeader(IdempotentRequest.Header, "1 to 50 printable ASCII characters, the merchant's own for this operation.")
        .WithBody<TBody>(mayBeEmpty)
        .Produces<ModificationAnswer>().ProducesProblems(404, 409, 413);

    private static RouteGroupBuilder Group(IEndpointRouteBuilder routes, string path) => routes.MapGroup(path)
        .RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = IdentityProvider.Either(routes.ServiceProvider) })
        .AddEndpointFilter<MerchantFilter>()
        .WithCommonProblems();
}
