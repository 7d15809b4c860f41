using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.OpenApi;
using PspGateway.Merchants.Wire;

namespace PspGateway.Merchants;

/// <summary>What /openapi/v1.json says of the merchant API beyond what the routes say themselves.</summary>
internal static class MerchantDescription
{
    /// <summary>Problems that any route of a merchant may answer with.</summary>
    public static RouteGroupBuilder WithCommonProblems(this RouteGroupBuilder group)
    {
        group.WithTags("Payments").WithHeader("Merchant-Serial-Number", "The merchant (sales unit) that the call is for, 4 to 10 digits; one of the client's own.").ProducesProblems(400, 401, 403, 503);
        return group;
    }

    /// <summary>
    /// Describes a body that the handler reads by hand. Without content types on purpose: with them routing would refuse callers whose
    /// content type is another.
    /// </summary>
    public static RouteHandlerBuilder WithBody<T>(this RouteHandlerBuilder builder, bool mayBeEmpty = false) => builder.WithMetadata(new AcceptsMetadata([], typeof(T), mayBeEmpty));

    public static TBuilder WithHeader<TBuilder>(this TBuilder builder, string name, string description)
        where TBuilder : IEndpointConventionBuilder => builder.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter { Name = name, In = ParameterLocation.Header, Required = true, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
            return Task.CompletedTask;
        });

    public static TBuilder ProducesProblems<TBuilder>(this TBuilder builder, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in statuses)
        {
            builder.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemBody), [MerchantProblems.ContentType]));
        }

        return builder;
    }
}
