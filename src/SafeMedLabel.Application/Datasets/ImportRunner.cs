using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets.Patches;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Takes one import through its states. Safe to call again for one that a dead worker left behind.</summary>
public sealed class ImportRunner(IDbContextFactory<AppDbContext> contexts, DatasetImporter importer, ArchiveDownload download, StorageOptions storage, TimeProvider time, ILogger<ImportRunner> logger)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    /// <summary>Runs the import to its end, or until somebody cancels it. A cancelled <paramref name="stopping"/> leaves it for the next worker.</summary>
    public async Task RunAsync(int importId, CancellationToken stopping)
    {
        DatasetImport? import;
        await using (var db = await contexts.CreateDbContextAsync(stopping))
        {
            import = await db.Imports.AsNoTracking().FirstOrDefaultAsync(i => i.Id == importId, stopping);
        }

        if (import is null || !DatasetImport.ActiveStates.Contains(import.State))
        {
            return;
        }

        if (import.CancelRequested)
        {
            // Its worker died before it could stop.
            await CancelAsync(import);
            return;
        }

        import.State = ImportState.Running;
        using var going = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var watching = CancelWhenAskedAsync(importId, going);
        try
        {
            await FetchAsync(import, going.Token);
            await ImportAsync(import, going.Token);
            await EndAsync(import, import.IsDryRun ? ImportState.Planned : ImportState.Completed, null);
            if (!import.IsDryRun)
            {
                import.DeleteFiles(storage);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            logger.LogInformation("Import {ImportId} stops with its worker and is run again by the next.", importId);
        }
        catch (OperationCanceledException) when (going.IsCancellationRequested)
        {
            await CancelAsync(import);
        }
        catch (DatasetException refused)
        {
            await FailAsync(import, refused.Message);
        }
        catch (Exception unexpected)
        {
            logger.LogError(unexpected, "Import {ImportId} failed.", importId);
            await FailAsync(import, "Something went wrong; the worker's log has the details.");
        }
        finally
        {
            await going.CancelAsync();
            await watching;
        }
    }

    /// <summary>
    /// Fetches what is to be fetched. What is here already, as after a dry run, is used only where it is the file that was asked for or looked at.
    /// </summary>
    private async Task FetchAsync(DatasetImport import, CancellationToken cancellationToken)
    {
        if (import.Address is not { } address)
        {
            return;
        }

        var isDue = EverySoOften();
        await using var db = await BeginAsync(import, cancellationToken);
        import.Sha256 = await download.FetchAsync(
            new Uri(address),
            import.SourcePath,
            import.Sha256,
            (fetched, all) =>
            {
                (import.FetchedBytes, import.FetchableBytes) = (fetched, all);
                if (isDue())
                {
                    db.Imports.Where(i => i.Id == import.Id).ExecuteUpdate(set => set.SetProperty(i => i.FetchedBytes, fetched).SetProperty(i => i.FetchableBytes, all));
                }
            },
            cancellationToken);
        await db.Imports.Where(i => i.Id == import.Id).ExecuteUpdateAsync(set => set.SetProperty(i => i.Sha256, import.Sha256), cancellationToken);
    }

    private async Task ImportAsync(DatasetImport import, CancellationToken cancellationToken)
    {
        var isDue = EverySoOften();
        await using var db = await BeginAsync(import, cancellationToken);
        if (import.PatchSize is not { } size)
        {
            await importer.ImportAsync(import, import.SourcePath, [], HalfDone, cancellationToken);
            return;
        }

        var folder = import.PatchFolder(storage);
        var patches = await Task.Run(
            () => new PatchCutter(size).Cut(
                import.SourcePath,
                new PatientPattern(import.PatientPattern),
                folder,
                Done,
                cancellationToken),
            cancellationToken);
        (import.PicturesCut, import.BlankPatches) = (patches.Cut, patches.Blank);
        await importer.ImportAsync(import, folder, patches.Rejected, HalfDone, cancellationToken);

        void HalfDone(int read, int all) => Done(read / 2, all);

        void Done(int done, int all)
        {
            if (isDue())
            {
                db.Imports.Where(i => i.Id == import.Id).ExecuteUpdate(set => set.SetProperty(i => i.Processed, done).SetProperty(i => i.Total, all));
            }
        }
    }

    /// <summary>Says that work on the import has begun, in the context by which its progress is then written.</summary>
    private async Task<AppDbContext> BeginAsync(DatasetImport import, CancellationToken cancellationToken)
    {
        var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Imports.Where(i => i.Id == import.Id).ExecuteUpdateAsync(set => set.SetProperty(i => i.State, ImportState.Running), cancellationToken);
        return db;
    }

    /// <summary>What is true once in <see cref="Between"/>, so that progress is not written more often.</summary>
    private Func<bool> EverySoOften()
    {
        var last = time.GetTimestamp();
        return () =>
        {
            var isDue = time.GetElapsedTime(last) >= Between;
            last = isDue ? time.GetTimestamp() : last;
            return isDue;
        };
    }

    private async Task CancelWhenAskedAsync(int importId, CancellationTokenSource going)
    {
        using var timer = new PeriodicTimer(Between, time);
        try
        {
            while (await timer.WaitForNextTickAsync(going.Token))
            {
                await using var db = await contexts.CreateDbContextAsync(going.Token);
                if (await db.Imports.AnyAsync(i => i.Id == importId && i.CancelRequested, going.Token))
                {
                    await going.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The import has ended.
        }
    }

    /// <summary>Takes out what an import had brought: nobody has seen it, for its images have no split yet.</summary>
    private async Task CancelAsync(DatasetImport import)
    {
        await using (var db = await contexts.CreateDbContextAsync())
        {
            await db.Images.Where(i => i.ImportId == import.Id).ExecuteDeleteAsync();
        }

        (import.Added, import.Conflicts, import.WithoutPatient) = (0, 0, 0);
        await EndAsync(import, ImportState.Cancelled, null);
        import.DeleteFiles(storage);
    }

    /// <summary>Ends an import that cannot go on, and leaves none of its files: first them, for it may be the full disk that stopped it.</summary>
    private async Task FailAsync(DatasetImport import, string reason)
    {
        import.DeleteFiles(storage);
        await EndAsync(import, ImportState.Failed, reason);
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
