using Microsoft.Extensions.Diagnostics.HealthChecks;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Web.Health;

/// <summary>Healthy while the latest look found that the storage can be read and written, and that there is room.</summary>
internal sealed class StorageHealth(StorageWatch watch) : IHealthCheck
{
    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(watch is { HasLooked: true, Problem: null } ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
