using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Images as a page shows them. Where the file of one is missing or damaged, that is an alarm in its projects.</summary>
public sealed class ImageService(IDbContextFactory<AppDbContext> contexts, ContentStore store, TileCache tiles, AlarmService alarms)
{
    /// <summary>PNG of an image, at most <see cref="ImageResizer.DisplaySide"/> a side; null where there is none.</summary>
    /// <exception cref="StoredFileException">Its file is missing or damaged.</exception>
    public async Task<byte[]?> DisplayAsync(Guid imageId, CancellationToken cancellationToken = default) =>
        await FindAsync(imageId, cancellationToken) is { } image
            ? await ReadingAsync(
                image, () => Task.FromResult(ImageResizer.ToDisplayPng(ImageDecoder.Read(store.Open(image.ContentHash)).Pixels)), cancellationToken)
            : null;

    /// <summary>How an image that is larger than it is shown lies in tiles, which can be read at once then; null where there is none, or it is shown whole.</summary>
    /// <exception cref="StoredFileException">Its file is missing or damaged.</exception>
    public async Task<TilePyramid?> PyramidAsync(Guid imageId, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(imageId, cancellationToken) is not { IsShrunk: true } image)
        {
            return null;
        }

        if (!image.IsSlide)
        {
            await ReadingAsync(
                image,
                async () =>
                {
                    await tiles.PrepareAsync(image.ContentHash, cancellationToken);
                    return true;
                },
                cancellationToken);
        }

        return new TilePyramid(image.Width, image.Height);
    }

    /// <summary>A tile of such an image in PNG; null where there is none.</summary>
    /// <exception cref="StoredFileException">The image's file is missing or damaged.</exception>
    public async Task<byte[]?> TileAsync(Guid imageId, int level, int column, int row, CancellationToken cancellationToken = default) =>
        await FindAsync(imageId, cancellationToken) is { IsShrunk: true } image
            ? await ReadingAsync(
                image,
                () => image.IsSlide
                    ? Task.FromResult(Slide.Open(store.Open(image.ContentHash)).Tile(level, column, row))
                    : tiles.ReadAsync(image.ContentHash, level, column, row, cancellationToken),
                cancellationToken)
            : null;

    /// <summary>Why an image of a project cannot be shown, in a sentence; null where it can, there is none, or who asks may not read there.</summary>
    public async Task<string?> ProblemAsync(int projectId, Guid imageId, CancellationToken cancellationToken = default)
    {
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (!(await ActorRight.InProjectAsync(db, projectId, Roles.Pathologist)).Succeeded || !await db.Images.AnyAsync(i => i.Id == imageId && i.ProjectId == projectId, cancellationToken))
            {
                return null;
            }
        }

        try
        {
            await DisplayAsync(imageId, cancellationToken);
            return null;
        }
        catch (StoredFileException lost)
        {
            return lost.Message;
        }
    }

    /// <summary>Reads an image's file, which was found to be a picture when it was imported: where it is none any more, it was changed since.</summary>
    private async Task<T> ReadingAsync<T>(Found image, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read();
        }
        catch (Exception failure) when (failure is StoredFileException or ImageRejectedException)
        {
            var lost = failure as StoredFileException ?? new StoredFileException(image.ContentHash, isMissing: !store.Has(image.ContentHash), failure);
            await alarms.RaiseLostFileAsync(lost, cancellationToken);
            throw lost;
        }
    }

    private async Task<Found?> FindAsync(Guid imageId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Images.Where(i => i.Id == imageId).Select(i => new Found(i.ContentHash, i.Width, i.Height)).FirstOrDefaultAsync(cancellationToken);
    }

    private sealed record Found(string ContentHash, int Width, int Height)
    {
        public bool IsSlide => !ImageDecoder.IsHeldWhole(Width, Height);

        public bool IsShrunk => Math.Max(Width, Height) > ImageResizer.DisplaySide;
    }
}
