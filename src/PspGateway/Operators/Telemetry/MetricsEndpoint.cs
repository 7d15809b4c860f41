namespace PspGateway.Operators.Telemetry;

internal static class MetricsEndpoint
{
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Backlog>();
        builder.Services.AddSingleton<GatewayTelemetry>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<GatewayTelemetry>());
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapGet("/metrics", ScrapeAsync).AllowAnonymous()
        .WithTags("Operators").WithSummary("Metrics in Prometheus' text format")
        .Produces<string>(200, "text/plain").Produces(503);

    private static async Task<IResult> ScrapeAsync(GatewayTelemetry telemetry, CancellationToken cancellationToken) =>
        await telemetry.ScrapeAsync(cancellationToken) is { } page ? Results.Text(page, PrometheusText.ContentType) : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
}
