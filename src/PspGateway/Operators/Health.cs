using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using PspGateway.Storage;

namespace PspGateway.Operators;

/// <summary>/health/live says that the process runs; /health/ready that it can take a payment: database, schema, keys.</summary>
internal static class Health
{
    private const string Ready = "ready";

    public static void AddHealth(this WebApplicationBuilder builder) => builder.Services.AddHealthChecks()
        .AddCheck<DatabaseCheck>("database", tags: [Ready], timeout: TimeSpan.FromSeconds(2));

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous()
            .AsDescribed("Whether the process runs");
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready), ResponseWriter = WriteAsync }).AllowAnonymous()
            .AsDescribed("Whether a payment could be taken now", new ProducesResponseTypeMetadata(503, typeof(Dictionary<string, string>), ["application/json"]));
    }

    /// <summary>Health checks map no handler, and so are not described by themselves; a GET of what they answer is.</summary>
    private static void AsDescribed(this IEndpointConventionBuilder builder, string summary, params object[] more) => builder.WithMetadata(
        [
            new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]), ((Delegate)Described).Method, new EndpointSummaryAttribute(summary), new TagsAttribute("Operators"),
            new ProducesResponseTypeMetadata(200, more.Length == 0 ? typeof(string) : typeof(Dictionary<string, string>), [more.Length == 0 ? "text/plain" : "application/json"]), .. more,
        ]);

    private static void Described()
    {
        // Only its signature is read: no parameters.
    }

    // Names and states only: what is wrong in detail stands in the log.
    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new Dictionary<string, string>(report.Entries.Select(e => KeyValuePair.Create(e.Key, e.Value.Status.ToString())), StringComparer.Ordinal) { ["status"] = report.Status.ToString() });

    private sealed class DatabaseCheck(GatewayDatabase database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            await Schema.IsCurrentAsync(database, cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("Migrations are pending.");
    }
}
