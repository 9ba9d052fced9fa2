using Microsoft.EntityFrameworkCore;
using Quartz;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one import, in turn with other imports.</summary>
[DisallowConcurrentExecution]
public sealed class ImportJob(ImportRunner runner, JobTurns turns, IDbContextFactory<AppDbContext> contexts) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var id = JobScheduler.RowOf(context);
        int project;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            project = await db.Imports.Where(row => row.Id == id).Select(row => row.ProjectId).FirstOrDefaultAsync(cancellationToken);
        }

        await turns.RunAsync(JobKind.Import, project, () => runner.RunAsync(id, cancellationToken), cancellationToken);
    }
}
