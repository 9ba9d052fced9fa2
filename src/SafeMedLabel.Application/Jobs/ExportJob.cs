using Microsoft.EntityFrameworkCore;
using Quartz;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one export, in turn with other exports.</summary>
[DisallowConcurrentExecution]
public sealed class ExportJob(ExportRunner runner, JobTurns turns, IDbContextFactory<AppDbContext> contexts) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var id = JobScheduler.RowOf(context);
        int project;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            project = await db.Exports.Where(row => row.Id == id).Select(row => row.ProjectId).FirstOrDefaultAsync(cancellationToken);
        }

        await turns.RunAsync(JobKind.Export, project, () => runner.RunAsync(id, cancellationToken), cancellationToken);
    }
}
