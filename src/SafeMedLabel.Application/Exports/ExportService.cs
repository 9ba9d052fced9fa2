using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Requests;

namespace SafeMedLabel.Application.Exports;

/// <summary>Starts, shows, hands out and deletes exports. The work itself is the worker's.</summary>
public sealed class ExportService(IDbContextFactory<AppDbContext> contexts, JobScheduler jobs, StorageOptions storage, TimeProvider time)
{
    /// <summary>Queues an export and returns its key.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="options">What it is to hold.</param>
    /// <param name="requestedById">Who asks.</param>
    /// <param name="clientKey">By which a request that is sent twice is known; null where it is not to be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<int>> StartAsync(int projectId, ExportOptions options, string requestedById, Guid? clientKey = null, CancellationToken cancellationToken = default)
    {
        if (!Enum.IsDefined(options.Format))
        {
            return Result.Refused("There is no such format.");
        }

        var entered = await contexts.ChangeAsync(
            async db => await ActorRight.InProjectAsync(db, projectId, Roles.Admin, requestedById) is { Succeeded: false } denied
                ? denied
                : await Once.DoAsync(
                    db,
                    Keyed(clientKey, projectId, options, requestedById),
                    time.GetUtcNow().UtcDateTime,
                    () => EnterAsync(db, projectId, options, requestedById, cancellationToken)),
            cancellationToken);
        if (entered.Succeeded)
        {
            await jobs.ScheduleExportAsync(entered.Value, cancellationToken);
        }

        return entered;
    }

    private static KeyedRequest? Keyed(Guid? key, int projectId, ExportOptions options, string requestedById) =>
        key is { } given ? new KeyedRequest(given, requestedById, projectId, RequestKind.Export, $"{options.Format}", options.WithPictures, options.NamesReaders) : null;

    private async Task<Result<int>> EnterAsync(AppDbContext db, int projectId, ExportOptions options, string requestedById, CancellationToken cancellationToken)
    {
        if (!await db.Projects.AnyAsync(p => p.Id == projectId, cancellationToken))
        {
            return Result.Refused("This project no longer exists.");
        }

        if (!await db.Images.AnyAsync(i => i.ProjectId == projectId, cancellationToken))
        {
            return Result.Refused("This project has no images yet.");
        }

        var export = new DataExport
        {
            ProjectId = projectId,
            Format = options.Format,
            WithPictures = options.IsPackage,
            NamesReaders = options.NamesReaders,
            RequestedById = requestedById,
            RequestedUtc = time.GetUtcNow().UtcDateTime,
        };
        db.Exports.Add(export);
        await db.SaveChangesAsync(cancellationToken);
        return export.Id;
    }

    /// <summary>A project's exports, the newest first.</summary>
    public async Task<IReadOnlyList<DataExport>> ListAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Exports.AsNoTracking().Where(e => e.ProjectId == projectId).OrderByDescending(e => e.Id).ToListAsync(cancellationToken);
    }

    /// <summary>The file of a completed export, and the name to download it under. The trail has that it was taken.</summary>
    public async Task<Result<(string Path, string Name)>> TakeAsync(int projectId, int exportId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await ActorRight.InProjectAsync(db, projectId, Roles.Admin) is { Succeeded: false } denied)
        {
            return denied;
        }

        var export = await db.Exports.AsNoTracking().FirstOrDefaultAsync(e => e.Id == exportId && e.ProjectId == projectId, cancellationToken);
        if (export is not { State: ExportState.Completed } || export.PathIn(storage) is var path && !File.Exists(path))
        {
            return Result.Refused("There is no such export, or it is not ready.");
        }

        db.AuditEntries.Add(AuditDescription.Entry(AuditAction.ExportDownloaded, projectId, AuditDescription.Export(exportId)));
        await db.SaveChangesAsync(cancellationToken);
        return (path, export.FileName);
    }

    /// <summary>Deletes an export and its file; one that is gone already is done.</summary>
    public async Task<Result> DeleteAsync(int exportId, CancellationToken cancellationToken = default)
    {
        var deleted = await contexts.ChangeAsync<Result<DataExport?>>(
            async db =>
            {
                if (await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied)
                {
                    return denied;
                }

                if (await db.Exports.FirstOrDefaultAsync(e => e.Id == exportId, cancellationToken) is not { } export)
                {
                    return (DataExport?)null;
                }

                db.Exports.Remove(export);
                return export;
            },
            cancellationToken);
        if (deleted is { Succeeded: true, Value: { } gone })
        {
            File.Delete(gone.PathIn(storage));
        }

        return (Result)deleted;
    }
}
