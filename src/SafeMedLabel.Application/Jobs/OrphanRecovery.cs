using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Jobs;

/// <summary>
/// When a worker starts, schedules the rounds, label audits, imports and exports that are unfinished but have no job, and every minute those that wait for
/// one: a crash between writing the row and scheduling its job, or a scheduler's database that was busy or lost, must not leave them waiting for ever.
/// </summary>
public sealed class OrphanRecovery(IDbContextFactory<AppDbContext> contexts, JobScheduler jobs, TimeProvider time, ILogger<OrphanRecovery> logger) : BackgroundService
{
    /// <summary>Time from one look to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Schedules what has no job. A job that ended meanwhile is scheduled in vain: it finds its row finished.</summary>
    /// <param name="isRunningToo">
    /// Whether what somebody has begun is scheduled too, as after a worker that died; while a worker runs, another process may be at it.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RecoverAsync(bool isRunningToo, CancellationToken cancellationToken)
    {
        RoundState[] rounds = [.. RoundStates.Active.Where(s => isRunningToo || s == RoundState.Queued)];
        LabelAuditState[] audits = [.. LabelAudit.ActiveStates.Where(s => isRunningToo || s == LabelAuditState.Queued)];
        ImportState[] imports = [.. DatasetImport.ActiveStates.Where(s => isRunningToo || s == ImportState.Queued)];
        ExportState[] exports = [.. DataExport.ActiveStates.Where(s => isRunningToo || s == ExportState.Queued)];
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var id in await db.Rounds.Where(r => rounds.Contains(r.State)).Select(r => r.Id).ToListAsync(cancellationToken))
        {
            await jobs.ScheduleRoundAsync(id, cancellationToken);
        }

        foreach (var id in await db.LabelAudits.Where(a => audits.Contains(a.State)).Select(a => a.Id).ToListAsync(cancellationToken))
        {
            await jobs.ScheduleLabelAuditAsync(id, cancellationToken);
        }

        foreach (var id in await db.Imports.Where(i => imports.Contains(i.State)).Select(i => i.Id).ToListAsync(cancellationToken))
        {
            await jobs.ScheduleImportAsync(id, cancellationToken);
        }

        foreach (var id in await db.Exports.Where(e => exports.Contains(e.State)).Select(e => e.Id).ToListAsync(cancellationToken))
        {
            await jobs.ScheduleExportAsync(id, cancellationToken);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var isRunningToo = true;
        do
        {
            try
            {
                await RecoverAsync(isRunningToo, stoppingToken);
                isRunningToo = false;
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                logger.LogError(failed, "Unfinished work cannot be looked for now; it is tried again.");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
