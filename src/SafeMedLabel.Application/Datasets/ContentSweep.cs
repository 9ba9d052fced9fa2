using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Takes content out of the store that no image refers to. It does so only while it holds the database's lock for writing and sees that none does; and
/// who enters an image sees, while holding that lock, that its content is there, and keeps it once more where it is not. So no image is ever entered
/// without its content, whatever runs beside it.
/// </summary>
public sealed class ContentSweep(IDbContextFactory<AppDbContext> contexts, ContentStore store, StorageOptions storage)
{
    private const int AtOnce = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Takes an import's images out of the database, and of their content what nobody else needs. Nobody has seen them: they have no split yet.
    /// </summary>
    /// <returns>Content that was taken out.</returns>
    public async Task<SweptContent> TakeBackAsync(int importId, CancellationToken cancellationToken = default)
    {
        var swept = default(SweptContent);
        while (true)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var some = await db.Images.Where(i => i.ImportId == importId).OrderBy(i => i.Id).Select(i => new { i.Id, i.ContentHash })
                .Take(AtOnce).ToListAsync(cancellationToken);
            if (some.Count == 0)
            {
                return swept;
            }

            var ids = some.ConvertAll(i => i.Id);
            // Before their content: a file is never missing that a row names.
            await db.Images.Where(i => ids.Contains(i.Id)).ExecuteDeleteAsync(cancellationToken);
            swept += await RemoveAsync([.. some.Select(i => i.ContentHash)], cancellationToken: cancellationToken);
        }
    }

    /// <summary>Takes content out that no image refers to.</summary>
    /// <param name="hashes">What may be needed by nobody.</param>
    /// <param name="isDryRun">True where it is only to be said what would be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was taken out; nothing while a backup reads the store.</returns>
    public async Task<SweptContent> RemoveAsync(IReadOnlyCollection<string> hashes, bool isDryRun = false, CancellationToken cancellationToken = default)
    {
        var swept = default(SweptContent);
        foreach (var some in hashes.Distinct(StringComparer.Ordinal).Chunk(AtOnce))
        {
            using var taken = await TakeFilesAsync(cancellationToken);
            if (taken is null)
            {
                return swept with { IsHeld = true };
            }

            foreach (var aside in await TakeOutAsync(some, isDryRun, cancellationToken))
            {
                swept += new SweptContent(1, new FileInfo(aside).Length);
                if (!isDryRun)
                {
                    File.Delete(aside);
                }
            }
        }

        return swept;
    }

    private async Task<IReadOnlyList<string>> TakeOutAsync(string[] hashes, bool isDryRun, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // SQLite takes the lock for writing at the beginning.
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var needed = await (from project in db.Projects
                            from image in db.Images
                            where image.ProjectId == project.Id && hashes.Contains(image.ContentHash)
                            select image.ContentHash).ToHashSetAsync(cancellationToken);
        var taken = hashes.Where(hash => !needed.Contains(hash)).Select(hash => isDryRun ? store.Open(hash).Path : store.TakeOut(hash));
        return [.. taken.OfType<string>().Where(File.Exists)];
    }

    private async Task<FileStream?> TakeFilesAsync(CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Pause)
        {
            if (StorageFiles.TryTake(storage) is { } taken)
            {
                return taken;
            }

            await Task.Delay(Pause, cancellationToken);
        }

        return null;
    }
}
