using Quartz;
using SafeMedLabel.Application.Monitoring;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one label audit, in turn with rounds.</summary>
[DisallowConcurrentExecution]
public sealed class LabelAuditJob(LabelAuditRunner runner, LearningTurn turn) : IJob
{
    /// <inheritdoc />
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => turn.RunAsync(
        () => runner.RunAsync(JobScheduler.RowOf(context), cancellationToken), cancellationToken);
}
