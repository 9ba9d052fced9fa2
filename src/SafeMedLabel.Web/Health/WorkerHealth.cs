using Microsoft.Extensions.Diagnostics.HealthChecks;
using SafeMedLabel.Web.Worker;

namespace SafeMedLabel.Web.Health;

/// <summary>Healthy while the worker runs, or somebody else starts it.</summary>
internal sealed class WorkerHealth(WorkerSupervisor worker) : IHealthCheck
{
    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(worker.Status is WorkerStatus.Running or WorkerStatus.Disabled ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
