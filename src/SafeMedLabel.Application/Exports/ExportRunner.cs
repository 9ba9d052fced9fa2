using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Exports;

/// <summary>Takes one export through its states. One that a dead worker left behind is written anew.</summary>
public sealed class ExportRunner(
    IDbContextFactory<AppDbContext> contexts,
    DatasetExporter exporter,
    StorageOptions storage,
    StorageRoom room,
    JobWatch jobs,
    AlarmService alarms,
    TimeProvider time,
    ILogger<ExportRunner> logger)
{
    private const string Subject = "The export";

    /// <summary>Runs the export to its end. A cancelled <paramref name="stopping"/> leaves it for the next worker.</summary>
    public async Task RunAsync(int exportId, CancellationToken stopping)
    {
        if (await TakeUpAsync(exportId, stopping) is not { } export)
        {
            return;
        }

        if (export.Tries > JobOptions.MostTries)
        {
            await EndAsync(export, ExportState.Failed, new ExportSummary(0, 0, 0), JobOptions.TooManyTries(Subject), stopping);
            return;
        }

        try
        {
            var summary = new ExportSummary(0, 0, 0);
            await jobs.RunAsync(
                Subject,
                async (beat, cancellationToken) =>
                {
                    room.Require(Subject, 0);
                    summary = await exporter.WriteAsync(
                        export.ProjectId, export.Options, export.PathIn(storage), new Journal(contexts, exportId, time, logger, room, beat), cancellationToken);
                },
                stopping);
            await EndAsync(export, ExportState.Completed, summary, null, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            logger.LogInformation("Export {ExportId} stops with its worker and is written anew by the next.", exportId);
            await GiveBackTryAsync(exportId);
        }
        catch (Exception refused) when (refused is DatasetException or StalledException)
        {
            if (refused.InnerException is StoredFileException lost)
            {
                await alarms.RaiseLostFileAsync(lost, CancellationToken.None);
            }

            await EndAsync(export, ExportState.Failed, new ExportSummary(0, 0, 0), refused.Message, stopping);
        }
        catch (Exception failure) when (StorageFailure.Describe(failure) is { } sentence)
        {
            logger.LogError(failure, "Export {ExportId} could not be stored.", exportId);
            await EndAsync(export, ExportState.Failed, new ExportSummary(0, 0, 0), sentence, stopping);
        }
        catch (Exception unexpected)
        {
            logger.LogError(unexpected, "Export {ExportId} failed.", exportId);
            await EndAsync(export, ExportState.Failed, new ExportSummary(0, 0, 0), "Something went wrong; the worker's log has the details.", stopping);
        }
    }

    private async Task<DataExport?> TakeUpAsync(int exportId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var taken = await db.Exports.Where(e => e.Id == exportId && DataExport.ActiveStates.Contains(e.State))
            .ExecuteUpdateAsync(
                set => set.SetProperty(e => e.State, ExportState.Running).SetProperty(e => e.Progress, 0).SetProperty(e => e.Tries, e => e.Tries + 1), cancellationToken);
        return taken == 0 ? null : await db.Exports.AsNoTracking().FirstAsync(e => e.Id == exportId, cancellationToken);
    }

    private async Task GiveBackTryAsync(int exportId)
    {
        await using var db = await contexts.CreateDbContextAsync();
        await db.Exports.Where(e => e.Id == exportId && e.Tries > 0).ExecuteUpdateAsync(set => set.SetProperty(e => e.Tries, e => e.Tries - 1));
    }

    private Task EndAsync(DataExport export, ExportState state, ExportSummary summary, string? error, CancellationToken stopping) => StorageFailure.UntilStoredAsync(
        async () =>
        {
            await using var db = await contexts.CreateDbContextAsync(stopping);
            var now = time.GetUtcNow().UtcDateTime;
            var ended = await db.Exports.Where(e => e.Id == export.Id).ExecuteUpdateAsync(
                set => set.SetProperty(e => e.State, state).SetProperty(e => e.FinishedUtc, now).SetProperty(e => e.Error, error)
                    .SetProperty(e => e.Images, summary.Images).SetProperty(e => e.Readings, summary.Readings).SetProperty(e => e.Bytes, summary.Bytes),
                stopping);
            if (ended == 0)
            {
                // Somebody deleted it while it was written.
                File.Delete(export.PathIn(storage));
            }
        },
        time,
        stopping);

    /// <summary>Writes down how far an export is, at most twice a second.</summary>
    private sealed class Journal(
        IDbContextFactory<AppDbContext> contexts, int exportId, TimeProvider time, ILogger logger, StorageRoom room, Heartbeat beat) : IProgress<double>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

        private long _written = time.GetTimestamp();

        public void Report(double value)
        {
            beat.Beat();
            if (time.GetElapsedTime(_written) < Interval)
            {
                return;
            }

            _written = time.GetTimestamp();
            room.Require(Subject, 0);
            try
            {
                using var db = contexts.CreateDbContext();
                db.Exports.Where(e => e.Id == exportId).ExecuteUpdate(set => set.SetProperty(e => e.Progress, value));
            }
            catch (DbException missed)
            {
                // A database that is busy for a moment costs a line of progress, not the export.
                logger.LogWarning(missed, "Progress of export {ExportId} was not written.", exportId);
            }
        }
    }
}
