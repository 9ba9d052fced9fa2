using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Exports;

/// <summary>Takes one export through its states. One that a dead worker left behind is written anew.</summary>
public sealed class ExportRunner(IDbContextFactory<AppDbContext> contexts, DatasetExporter exporter, StorageOptions storage, TimeProvider time, ILogger<ExportRunner> logger)
{
    /// <summary>Runs the export to its end. A cancelled <paramref name="stopping"/> leaves it for the next worker.</summary>
    public async Task RunAsync(int exportId, CancellationToken stopping)
    {
        if (await TakeUpAsync(exportId, stopping) is not { } export)
        {
            return;
        }

        try
        {
            var summary = await exporter.WriteAsync(export.ProjectId, export.Options, export.PathIn(storage), new Journal(contexts, exportId, time, logger), stopping);
            await EndAsync(export, ExportState.Completed, summary, null);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            logger.LogInformation("Export {ExportId} stops with its worker and is written anew by the next.", exportId);
        }
        catch (DatasetException refused)
        {
            await EndAsync(export, ExportState.Failed, new ExportSummary(0, 0, 0), refused.Message);
        }
        catch (Exception unexpected)
        {
            logger.LogError(unexpected, "Export {ExportId} failed.", exportId);
            await EndAsync(export, ExportState.Failed, new ExportSummary(0, 0, 0), "Something went wrong; the worker's log has the details.");
        }
    }

    private async Task<DataExport?> TakeUpAsync(int exportId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var taken = await db.Exports.Where(e => e.Id == exportId && DataExport.ActiveStates.Contains(e.State))
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.State, ExportState.Running).SetProperty(e => e.Progress, 0), cancellationToken);
        return taken == 0 ? null : await db.Exports.AsNoTracking().FirstAsync(e => e.Id == exportId, cancellationToken);
    }

    private async Task EndAsync(DataExport export, ExportState state, ExportSummary summary, string? error)
    {
        await using var db = await contexts.CreateDbContextAsync();
        var now = time.GetUtcNow().UtcDateTime;
        var ended = await db.Exports.Where(e => e.Id == export.Id).ExecuteUpdateAsync(
            set => set.SetProperty(e => e.State, state).SetProperty(e => e.FinishedUtc, now).SetProperty(e => e.Error, error)
                .SetProperty(e => e.Images, summary.Images).SetProperty(e => e.Readings, summary.Readings).SetProperty(e => e.Bytes, summary.Bytes));
        if (ended == 0)
        {
            // Somebody deleted it while it was written.
            File.Delete(export.PathIn(storage));
        }
    }

    /// <summary>Writes down how far an export is, at most twice a second.</summary>
    private sealed class Journal(IDbContextFactory<AppDbContext> contexts, int exportId, TimeProvider time, ILogger logger) : IProgress<double>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

        private long _written = time.GetTimestamp();

        public void Report(double value)
        {
            if (time.GetElapsedTime(_written) < Interval)
            {
                return;
            }

            _written = time.GetTimestamp();
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
