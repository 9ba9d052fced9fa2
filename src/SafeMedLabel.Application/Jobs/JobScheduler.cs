using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Quartz;

namespace SafeMedLabel.Application.Jobs;

/// <summary>
/// Puts work into the scheduler's persistent store. The server only puts; the worker process, which shares the store, takes
/// and runs. A job is named by what it works on, so putting it twice changes nothing. What it works on is written down before, in a row: where the store
/// takes nothing, the worker finds that row within a minute (<see cref="OrphanRecovery"/>).
/// </summary>
public sealed class JobScheduler(ISchedulerFactory schedulers, ILogger<JobScheduler> logger)
{
    /// <summary>Key of a job's data that holds the row it works on.</summary>
    private const string RowId = "id";

    /// <summary>Schedules a round's run for now, unless it is scheduled already.</summary>
    public Task ScheduleRoundAsync(int roundId, CancellationToken cancellationToken = default) =>
        ScheduleAsync<RoundJob>("round", roundId, cancellationToken);

    /// <summary>Schedules an import's run for now, unless it is scheduled already.</summary>
    public Task ScheduleImportAsync(int importId, CancellationToken cancellationToken = default) =>
        ScheduleAsync<ImportJob>("import", importId, cancellationToken);

    /// <summary>Schedules an export's run for now, unless it is scheduled already.</summary>
    public Task ScheduleExportAsync(int exportId, CancellationToken cancellationToken = default) =>
        ScheduleAsync<ExportJob>("export", exportId, cancellationToken);

    /// <summary>Schedules a label audit's run for now, unless it is scheduled already.</summary>
    public Task ScheduleLabelAuditAsync(int auditId, CancellationToken cancellationToken = default) =>
        ScheduleAsync<LabelAuditJob>("label-audit", auditId, cancellationToken);

    /// <summary>The row that a job works on.</summary>
    internal static int RowOf(IJobExecutionContext context) => int.Parse(context.MergedJobDataMap.GetString(RowId)!, CultureInfo.InvariantCulture);

    private async Task ScheduleAsync<TJob>(string group, int rowId, CancellationToken cancellationToken)
        where TJob : IJob
    {
        var key = new JobKey(rowId.ToString(CultureInfo.InvariantCulture), group);
        try
        {
            var scheduler = await schedulers.GetScheduler(cancellationToken);
            if (await scheduler.Exists(key, cancellationToken))
            {
                return;
            }

            // Recovery: a worker that dies with the job in hand leaves it to the next one.
            var job = JobBuilder.Create<TJob>().WithIdentity(key).UsingJobData(RowId, key.Name).RequestRecovery(true).Build();
            var trigger = TriggerBuilder.Create().ForJob(key).WithIdentity(key.Name, group).StartNow().Build();
            await scheduler.ScheduleJob(job, trigger, options: default, cancellationToken: cancellationToken);
        }
        catch (ObjectAlreadyExistsException)
        {
            // Another process has put it meanwhile.
        }
        catch (Exception failed) when (failed is SchedulerException or DbException)
        {
            logger.LogWarning(failed, "Job {Job} cannot be scheduled now; the worker does so within a minute.", key);
        }
    }
}
