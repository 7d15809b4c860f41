using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using PspGateway.Payments;

namespace PspGateway.Operators.Description;

/// <summary>/openapi/v1.json: all that is served, described from the routes themselves when it is asked for.</summary>
internal static class ApiDescription
{
    private const string MerchantScheme = "merchant";
    private const string MakePaymentScheme = "make-payment";

    public static void AddApiDescription(this WebApplicationBuilder builder)
    {
        // What we send and ask for is a number where it says so: the default would describe each as a number or a string.
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
        builder.Services.AddOpenApi("v1", Describe);
    }

    public static void MapApiDescription(this IEndpointRouteBuilder routes) => routes.MapOpenApi().AllowAnonymous();

    private static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, context, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "PspGateway",
                Version = typeof(ApiDescription).Assembly.GetName().Version?.ToString(3),
                Description = "Payments with Vipps for a PSP's merchants. The merchant API has the shape of Vipps' ePayment API. Amounts are in minor units (øre).",
            };
            document.Servers = [new OpenApiServer { Url = context.ApplicationServices.GetRequiredService<IOptions<GatewayOptions>>().Value.Address("").AbsoluteUri.TrimEnd('/') }];
            (document.Components ??= new OpenApiComponents()).SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                [MerchantScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT", Description = "An access token of /accesstoken/get." },
                [MakePaymentScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "Authorization", Description = "The makePaymentToken that Vipps was given for this payment, as the whole header." },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            operation.Security = context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().FirstOrDefault()?.AuthenticationSchemes is { } scheme
                ? [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] }]
                : [];
            return Task.CompletedTask;
        });

        // A member that has nothing to say is left out, never null.
        options.AddSchemaTransformer((schema, _, _) =>
        {
            schema.Type &= ~JsonSchemaType.Null;
            return Task.CompletedTask;
        });
    }
}
