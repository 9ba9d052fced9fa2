using Microsoft.EntityFrameworkCore;
using Quartz;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Jobs;

/// <summary>Runs one round, in turn with rounds and label audits.</summary>
[DisallowConcurrentExecution]
public sealed class RoundJob(RoundRunner runner, JobTurns turns, IDbContextFactory<AppDbContext> contexts) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var id = JobScheduler.RowOf(context);
        int project;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            project = await db.Rounds.Where(row => row.Id == id).Select(row => row.ProjectId).FirstOrDefaultAsync(cancellationToken);
        }

        await turns.RunAsync(JobKind.Learning, project, () => runner.RunAsync(id, cancellationToken), cancellationToken);
    }
}
