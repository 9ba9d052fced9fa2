using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Jobs;

/// <summary>
/// When a worker starts, schedules the rounds, label audits, imports and exports that are unfinished but have no job: a crash between writing the
/// row and scheduling its job, or a scheduler database that was lost, must not leave them waiting for ever.
/// </summary>
public sealed class OrphanRecovery(IDbContextFactory<AppDbContext> contexts, JobScheduler jobs) : IHostedService
{
    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var id in await db.Rounds.Where(r => RoundStates.Active.Contains(r.State)).Select(r => r.Id).ToListAsync(cancellationToken))
        {
            await jobs.ScheduleRoundAsync(id, cancellationToken);
        }

        foreach (var id in await db.LabelAudits.Where(a => LabelAudit.ActiveStates.Contains(a.State)).Select(a => a.Id).ToListAsync(cancellationToken))
        {
            await jobs.ScheduleLabelAuditAsync(id, cancellationToken);
        }

        foreach (var id in await db.Imports.Where(i => DatasetImport.ActiveStates.Contains(i.State)).Select(i => i.Id).ToListAsync(cancellationToken))
        {
            await jobs.ScheduleImportAsync(id, cancellationToken);
        }

        foreach (var id in await db.Exports.Where(e => DataExport.ActiveStates.Contains(e.State)).Select(e => e.Id).ToListAsync(cancellationToken))
        {
            await jobs.ScheduleExportAsync(id, cancellationToken);
        }
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
