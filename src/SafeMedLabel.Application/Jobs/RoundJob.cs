using System.Globalization;
using Quartz;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one round, in turn with other rounds and label audits.</summary>
[DisallowConcurrentExecution]
public sealed class RoundJob(RoundRunner runner, LearningTurn turn) : IJob
{
    /// <inheritdoc />
    public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) => turn.RunAsync(
        () => runner.RunAsync(int.Parse(context.MergedJobDataMap.GetString(JobScheduler.RowId)!, CultureInfo.InvariantCulture), cancellationToken), cancellationToken);
}
