using Microsoft.EntityFrameworkCore;
using Quartz;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Jobs;

/// <summary>At each full hour, starts a round in every project that has one at this hour and new labels since the last one.</summary>
public sealed class DailyRoundsJob(IDbContextFactory<AppDbContext> contexts, RoundService rounds) : IJob
{
    /// <summary>When it runs, as a cron expression.</summary>
    public const string EveryHour = "0 0 * * * ?";

    /// <summary>The job, and its trigger's name.</summary>
    public static JobKey Key { get; } = new("daily-rounds");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken) =>
        await StartAsync((context.ScheduledFireTimeUtc ?? context.FireTimeUtc).Hour, cancellationToken);

    /// <summary>Starts the rounds of an hour.</summary>
    /// <param name="hour">0 to 23, UTC.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StartAsync(int hour, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var project in await db.Projects.Where(p => p.RetrainAtHour == hour).Select(p => p.Id).ToListAsync(cancellationToken))
        {
            // Where a round is running, or labels are too few, the next day's may do.
            await rounds.StartAfterLabelsAsync(project, newLabels: 1, cancellationToken);
        }
    }
}
