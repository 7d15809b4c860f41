using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace PspGateway.Vault;

/// <summary>Whether a token could be sealed now: the master key opens today's epoch key and the field key is loaded.</summary>
internal sealed class VaultCheck(EpochKeys epochs, FieldSealer fields) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await epochs.TodayAsync(cancellationToken);
        return fields.IsLoaded ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The field key is not loaded.");
    }
}
