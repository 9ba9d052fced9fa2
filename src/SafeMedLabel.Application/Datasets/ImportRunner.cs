using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets.Patches;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Takes one import through its states. Safe to call again for one that a dead worker left behind.</summary>
public sealed class ImportRunner(
    IDbContextFactory<AppDbContext> contexts,
    DatasetImporter importer,
    ArchiveDownload download,
    ContentSweep sweep,
    StorageOptions storage,
    StorageRoom room,
    JobWatch jobs,
    TimeProvider time,
    ILogger<ImportRunner> logger)
{
    private const string Subject = "The import";

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

        if (import.Tries >= JobOptions.MostTries)
        {
            await FailAsync(import, JobOptions.TooManyTries(Subject), stopping);
            return;
        }

        import.State = ImportState.Running;
        var tries = import.Tries + 1;
        await StorageFailure.UntilStoredAsync(() => CountTryAsync(import, tries, stopping), time, stopping);
        using var going = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var isShort = new StrongBox<string?>();
        Task watching = Task.CompletedTask;
        try
        {
            await jobs.RunAsync(
                Subject,
                async (beat, cancellationToken) =>
                {
                    watching = WatchAsync(import, going, isShort, beat);
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(going.Token, cancellationToken);
                    await FetchAsync(import, either.Token);
                    await ImportAsync(import, beat, either.Token);
                },
                stopping);
            if (import.IsDryRun)
            {
                await EndAsync(import, ImportState.Planned, null, stopping);
            }
            else
            {
                DeleteFiles(import);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            logger.LogInformation("Import {ImportId} stops with its worker and is run again by the next.", importId);
            await CountTryAsync(import, Math.Max(0, import.Tries - 1), CancellationToken.None);
        }
        catch (OperationCanceledException) when (going.IsCancellationRequested)
        {
            await (isShort.Value is { } problem ? FailAsync(import, problem, stopping) : CancelAsync(import));
        }
        catch (Exception refused) when (refused is DatasetException or StalledException)
        {
            await FailAsync(import, refused.Message, stopping);
        }
        catch (Exception failure) when (StorageFailure.Describe(failure) is { } sentence)
        {
            logger.LogError(failure, "Import {ImportId} could not be stored.", importId);
            await FailAsync(import, sentence, stopping);
        }
        catch (Exception unexpected)
        {
            // What a file system says of a failure names the file, which may be called after its patient.
            logger.LogError(unexpected is IOException or UnauthorizedAccessException ? null : unexpected, "Import {ImportId} failed: {Failure}.", importId, unexpected.GetType().Name);
            await FailAsync(import, "Something went wrong; the worker's log has the details.", stopping);
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

    private async Task ImportAsync(DatasetImport import, Heartbeat beat, CancellationToken cancellationToken)
    {
        var isDue = EverySoOften();
        await using var db = await BeginAsync(import, cancellationToken);
        if (import.PatchSize is not { } size)
        {
            await importer.ImportAsync(import, import.SourcePath, [], HalfDone, beat.Beat, cancellationToken);
            return;
        }

        var folder = import.PatchFolder(storage);
        var patches = await Task.Run(
            () => new PatchCutter(size).Cut(
                import.SourcePath,
                new PatientPattern(import.PatientPattern),
                folder,
                Done,
                beat.Beat,
                cancellationToken),
            cancellationToken);
        (import.PicturesCut, import.BlankPatches) = (patches.Cut, patches.Blank);
        await importer.ImportAsync(import, folder, patches.Rejected, HalfDone, beat.Beat, cancellationToken);

        void HalfDone(int read, int all) => Done(read / 2, all);

        void Done(int done, int all)
        {
            beat.Beat();
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

    /// <summary>Looks every second whether somebody has cancelled the import, there is no more room, or more of it was fetched.</summary>
    private async Task WatchAsync(DatasetImport import, CancellationTokenSource going, StrongBox<string?> isShort, Heartbeat beat)
    {
        using var timer = new PeriodicTimer(Between, time);
        var fetched = import.FetchedBytes;
        try
        {
            while (await timer.WaitForNextTickAsync(going.Token))
            {
                if (import.FetchedBytes is var now && now != fetched)
                {
                    fetched = now;
                    beat.Beat();
                }

                if (room.IsShort)
                {
                    isShort.Value = room.Problem(Subject, 0, import.FetchableBytes - import.FetchedBytes);
                    await going.CancelAsync();
                }

                if (await IsCancelledAsync(import.Id, going.Token))
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

    private async Task<bool> IsCancelledAsync(int importId, CancellationToken cancellationToken)
    {
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            return await db.Imports.AnyAsync(i => i.Id == importId && i.CancelRequested, cancellationToken);
        }
        catch (DbException missed)
        {
            logger.LogWarning(missed, "Whether import {ImportId} is cancelled could not be read; it is asked again.", importId);
            return false;
        }
    }

    private async Task CancelAsync(DatasetImport import)
    {
        DeleteFiles(import);
        await TakeBackAsync(import, CancellationToken.None);
        await EndAsync(import, ImportState.Cancelled, null, CancellationToken.None);
    }

    /// <summary>Ends an import that cannot go on, and leaves nothing of it: first its files, for it may be the full disk that stopped it.</summary>
    private async Task FailAsync(DatasetImport import, string reason, CancellationToken stopping)
    {
        DeleteFiles(import);
        await TakeBackAsync(import, stopping);
        await EndAsync(import, ImportState.Failed, reason, stopping);
    }

    /// <summary>Takes out what an import had brought: nobody has seen it, for its images have no split yet.</summary>
    private async Task TakeBackAsync(DatasetImport import, CancellationToken stopping)
    {
        var swept = default(SweptContent);
        await StorageFailure.UntilStoredAsync(async () => swept = await sweep.TakeBackAsync(import.Id, stopping), time, stopping);
        if (swept.Files > 0)
        {
            logger.LogInformation("Of import {ImportId} {Files} files of {Bytes} bytes were taken back.", import.Id, swept.Files, swept.Bytes);
        }

        (import.Added, import.Conflicts, import.WithoutPatient, import.Readings) = (0, 0, 0, 0);
    }

    /// <summary>An import that ended and does not say so would be in the way of all others of its project.</summary>
    private Task EndAsync(DatasetImport import, ImportState state, string? error, CancellationToken stopping)
    {
        import.State = state;
        import.Error = error;
        import.FinishedUtc = time.GetUtcNow().UtcDateTime;
        return StorageFailure.UntilStoredAsync(
            async () =>
            {
                await using var db = await contexts.CreateDbContextAsync(stopping);
                db.Imports.Update(import);
                await db.SaveChangesAsync(stopping);
            },
            time,
            stopping);
    }

    private async Task CountTryAsync(DatasetImport import, int tries, CancellationToken cancellationToken)
    {
        import.Tries = tries;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Imports.Where(i => i.Id == import.Id).ExecuteUpdateAsync(
            set => set.SetProperty(i => i.Tries, tries).SetProperty(i => i.State, ImportState.Running), cancellationToken);
    }

    /// <summary>What cannot be deleted now is deleted by the next cleaning.</summary>
    private void DeleteFiles(DatasetImport import)
    {
        try
        {
            import.DeleteFiles(storage);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            logger.LogWarning(failure, "Files of import {ImportId} could not be deleted.", import.Id);
        }
    }
}
