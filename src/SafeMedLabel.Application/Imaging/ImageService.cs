using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Images as a page shows them.</summary>
public sealed class ImageService(IDbContextFactory<AppDbContext> contexts, ContentStore store)
{
    /// <summary>PNG of an image; null where there is none.</summary>
    public async Task<byte[]?> DisplayAsync(Guid imageId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var hash = await db.Images.Where(i => i.Id == imageId).Select(i => i.ContentHash).FirstOrDefaultAsync(cancellationToken);
        return hash is null ? null : ImageResizer.ToDisplayPng(ImageDecoder.Decode(await store.ReadAsync(hash, cancellationToken)));
    }
}
