using Quartz;
using SafeMedLabel.Application.Exports;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one export; one at a time.</summary>
[DisallowConcurrentExecution]
public sealed class ExportJob(ExportRunner runner) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await runner.RunAsync(JobScheduler.RowOf(context), cancellationToken);
}
