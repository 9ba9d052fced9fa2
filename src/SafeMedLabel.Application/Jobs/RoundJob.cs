using Quartz;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one round, in turn with other rounds and label audits.</summary>
[DisallowConcurrentExecution]
public sealed class RoundJob(RoundRunner runner, LearningTurn turn) : IJob
{
    /// <inheritdoc />
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => turn.RunAsync(
        () => runner.RunAsync(JobScheduler.RowOf(context), cancellationToken), cancellationToken);
}
