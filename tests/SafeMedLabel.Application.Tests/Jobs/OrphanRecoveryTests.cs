using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Quartz;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Jobs;

/// <summary>What was written down is worked on, whatever became of its job: the two are in databases of their own.</summary>
public sealed class OrphanRecoveryTests : IAsyncLifetime
{
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task Whatever_waits_without_a_job_is_given_one()
    {
        var jobs = await AddAsync(RoundState.Queued, LabelAuditState.Queued, ImportState.Queued, ExportState.Queued);
        Assert.DoesNotContain(true, await ScheduledAsync(jobs));

        await Recovery().RecoverAsync(isRunningToo: false, Cancellation);

        Assert.DoesNotContain(false, await ScheduledAsync(jobs));
    }

    [Fact]
    public async Task What_a_dead_worker_had_begun_is_given_a_job_by_the_next_and_what_has_ended_is_not()
    {
        var begun = await AddAsync(RoundState.Training, LabelAuditState.Running, ImportState.Running, ExportState.Running);
        var ended = await AddAsync(RoundState.Completed, LabelAuditState.Failed, ImportState.Cancelled, ExportState.Completed);

        await Recovery().RecoverAsync(isRunningToo: false, Cancellation);
        Assert.DoesNotContain(true, await ScheduledAsync(begun));

        await Recovery().RecoverAsync(isRunningToo: true, Cancellation);
        Assert.DoesNotContain(false, await ScheduledAsync(begun));
        Assert.DoesNotContain(true, await ScheduledAsync(ended));
    }

    [Fact]
    public async Task What_is_asked_for_while_the_schedulers_database_fails_is_done_all_the_same_once_it_works()
    {
        var admin = await _workplace.AddUserAsync("Ada", Roles.Admin);
        await _workplace.AddImagesAsync(4);
        await _workplace.Get<ISchedulerFactory>().GetScheduler(Cancellation);
        await AlterJobsAsync("ALTER TABLE QRTZ_JOB_DETAILS RENAME TO AWAY");

        var export = await _workplace.Get<ExportService>().StartAsync(_workplace.ProjectId, new ExportOptions(ExportFormat.Csv), admin, cancellationToken: Cancellation);

        Assert.Null(export.Error);
        await AlterJobsAsync("ALTER TABLE AWAY RENAME TO QRTZ_JOB_DETAILS");
        using var recovery = Recovery();
        await recovery.StartAsync(Cancellation);
        var job = new JobKey($"{export.Value}", "export");
        while (!(await ScheduledAsync([job]))[0])
        {
            Cancellation.ThrowIfCancellationRequested();
            _workplace.Time.Advance(OrphanRecovery.Interval);
            await Task.Yield();
        }

        await recovery.StopAsync(Cancellation);
    }

    private OrphanRecovery Recovery() => new(
        _workplace.Get<IDbContextFactory<AppDbContext>>(), _workplace.Get<JobScheduler>(), _workplace.Time, NullLogger<OrphanRecovery>.Instance);

    private async Task AlterJobsAsync(string statement)
    {
        await using var connection = new SqliteConnection($"Data Source={_workplace.Storage.JobsDatabaseFile};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The two statements of this class.
        command.CommandText = statement;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>One row of each kind, and what their jobs are called.</summary>
    private async Task<JobKey[]> AddAsync(RoundState roundState, LabelAuditState auditState, ImportState importState, ExportState exportState)
    {
        await using var db = _workplace.Open();
        var round = new Round { ProjectId = _workplace.ProjectId, Number = await db.Rounds.CountAsync(Cancellation) + 1, Method = "safemed-ssl", State = roundState };
        var audit = new LabelAudit { ProjectId = _workplace.ProjectId, RequestedById = "lea", State = auditState };
        var import = new DatasetImport { ProjectId = _workplace.ProjectId, SourcePath = "cells", SourceName = "cells", PatientPattern = ImportService.DefaultPatientPattern, RequestedById = "ada", State = importState };
        var export = new DataExport { ProjectId = _workplace.ProjectId, Format = ExportFormat.Csv, RequestedById = "ada", State = exportState };
        db.AddRange(round, audit, import, export);
        await db.SaveChangesAsync(Cancellation);
        return [new($"{round.Id}", "round"), new($"{audit.Id}", "label-audit"), new($"{import.Id}", "import"), new($"{export.Id}", "export")];
    }

    private async Task<List<bool>> ScheduledAsync(JobKey[] jobs)
    {
        var scheduler = await _workplace.Get<ISchedulerFactory>().GetScheduler(Cancellation);
        var scheduled = new List<bool>();
        foreach (var job in jobs)
        {
            scheduled.Add(await scheduler.Exists(job, Cancellation));
        }

        return scheduled;
    }
}
