using System.Globalization;
using Quartz;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one round; one at a time, since a round uses all cores it may.</summary>
[DisallowConcurrentExecution]
public sealed class RoundJob(RoundRunner runner) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await runner.RunAsync(int.Parse(context.MergedJobDataMap.GetString(JobScheduler.RowId)!, CultureInfo.InvariantCulture), cancellationToken);
}
