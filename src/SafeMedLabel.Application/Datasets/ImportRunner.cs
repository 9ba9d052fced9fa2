using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Takes one import through its states. Safe to call again for one that a dead worker left behind.</summary>
public sealed class ImportRunner(IDbContextFactory<AppDbContext> contexts, DatasetImporter importer, StorageOptions storage, TimeProvider time, ILogger<ImportRunner> logger)
{
    /// <summary>Runs the import to its end. A cancelled <paramref name="stopping"/> leaves it for the next worker.</summary>
    public async Task RunAsync(int importId, CancellationToken stopping)
    {
        DatasetImport? import;
        await using (var db = await contexts.CreateDbContextAsync(stopping))
        {
            import = await db.Imports.AsNoTracking().FirstOrDefaultAsync(i => i.Id == importId, stopping);
        }

        if (import is not { State: ImportState.Queued or ImportState.Running })
        {
            return;
        }

        import.State = ImportState.Running;
        try
        {
            await importer.ImportAsync(import, stopping);
            await EndAsync(import, ImportState.Completed, null);
            if (import.IsUpload && import.SourcePath.StartsWith(storage.UploadFolder, StringComparison.Ordinal))
            {
                File.Delete(import.SourcePath);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            logger.LogInformation("Import {ImportId} stops with its worker and is run again by the next.", importId);
        }
        catch (DatasetException refused)
        {
            await EndAsync(import, ImportState.Failed, refused.Message);
        }
        catch (Exception unexpected)
        {
            logger.LogError(unexpected, "Import {ImportId} failed.", importId);
            await EndAsync(import, ImportState.Failed, "Something went wrong; the worker's log has the details.");
        }
    }

    private async Task EndAsync(DatasetImport import, ImportState state, string? error)
    {
        import.State = state;
        import.Error = error;
        import.FinishedUtc = time.GetUtcNow().UtcDateTime;
        await using var db = await contexts.CreateDbContextAsync();
        db.Imports.Update(import);
        await db.SaveChangesAsync();
    }
}
