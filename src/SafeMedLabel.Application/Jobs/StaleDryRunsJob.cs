using Quartz;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Once an hour, drops dry runs that have waited for a decision for too long.</summary>
public sealed class StaleDryRunsJob(StaleDryRuns dryRuns) : IJob
{
    /// <summary>When it runs, as a cron expression: apart from the rounds that begin at the full hour.</summary>
    public const string EveryHour = "0 20 * * * ?";

    /// <summary>The job, and its trigger's name.</summary>
    public static JobKey Key { get; } = new("stale-dry-runs");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => await dryRuns.DropOldAsync(cancellationToken);
}
