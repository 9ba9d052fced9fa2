using Quartz;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one import; one at a time.</summary>
[DisallowConcurrentExecution]
public sealed class ImportJob(ImportRunner runner) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await runner.RunAsync(JobScheduler.RowOf(context), cancellationToken);
}
