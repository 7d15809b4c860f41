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
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready), ResponseWriter = WriteAsync }).AllowAnonymous();
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
