using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Images as a page shows them.</summary>
public sealed class ImageService(IDbContextFactory<AppDbContext> contexts, ContentStore store, TileCache tiles)
{
    /// <summary>PNG of an image, at most <see cref="ImageResizer.DisplaySide"/> a side; null where there is none.</summary>
    public async Task<byte[]?> DisplayAsync(Guid imageId, CancellationToken cancellationToken = default) =>
        await FindAsync(imageId, cancellationToken) is { } image ? ImageResizer.ToDisplayPng(ImageDecoder.Read(store.Open(image.ContentHash)).Pixels) : null;

    /// <summary>How an image that is larger than it is shown lies in tiles, which can be read at once then; null where there is none, or it is shown whole.</summary>
    public async Task<TilePyramid?> PyramidAsync(Guid imageId, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(imageId, cancellationToken) is not { IsShrunk: true } image)
        {
            return null;
        }

        if (!image.IsSlide)
        {
            await tiles.PrepareAsync(image.ContentHash, cancellationToken);
        }

        return new TilePyramid(image.Width, image.Height);
    }

    /// <summary>A tile of such an image in PNG; null where there is none.</summary>
    public async Task<byte[]?> TileAsync(Guid imageId, int level, int column, int row, CancellationToken cancellationToken = default) =>
        await FindAsync(imageId, cancellationToken) switch
        {
            { IsSlide: true } slide => Slide.Open(store.Open(slide.ContentHash)).Tile(level, column, row),
            { IsShrunk: true } image => await tiles.ReadAsync(image.ContentHash, level, column, row, cancellationToken),
            _ => null,
        };

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
