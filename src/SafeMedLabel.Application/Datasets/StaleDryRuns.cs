using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Drops dry runs for which files are kept and that nobody will decide on any more, with those files.</summary>
public sealed class StaleDryRuns(IDbContextFactory<AppDbContext> contexts, StorageOptions storage, TimeProvider time)
{
    /// <summary>For how long a dry run's files wait for a decision.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>Drops those that have waited for longer than <see cref="Kept"/>.</summary>
    public Task DropOldAsync(CancellationToken cancellationToken = default)
    {
        var before = time.GetUtcNow().UtcDateTime - Kept;
        return DropAsync(i => i.FinishedUtc < before, $"Nobody decided for {Kept.TotalDays:0} days, and what was kept for the decision is deleted; please look again.", cancellationToken);
    }

    /// <summary>Drops those that a newer import of the same archive replaces.</summary>
    internal Task DropReplacedAsync(DatasetImport newer, CancellationToken cancellationToken) => !newer.IsUpload ? Task.CompletedTask : DropAsync(
        i => i.Id < newer.Id && i.ProjectId == newer.ProjectId && i.IsUpload && i.Address == newer.Address && i.SourceName == newer.SourceName,
        "A newer import of the same archive has taken its place.",
        cancellationToken);

    private async Task DropAsync(Expression<Func<DatasetImport, bool>> which, string reason, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var waiting = db.Imports.AsNoTracking().Where(i => i.State == ImportState.Planned && (i.IsUpload || i.PatchSize != null));
        foreach (var import in await waiting.Where(which).ToListAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            // Somebody may decide at this moment.
            var dropped = await db.Imports.Where(i => i.Id == import.Id && i.State == ImportState.Planned)
                .ExecuteUpdateAsync(set => set.SetProperty(i => i.State, ImportState.Cancelled).SetProperty(i => i.Error, reason), cancellationToken);
            if (dropped > 0)
            {
                db.AuditEntries.Add(AuditDescription.Entry(AuditAction.ImportCancelled, import.ProjectId, AuditDescription.Import(import.Id)));
                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                import.DeleteFiles(storage);
            }
        }
    }
}
