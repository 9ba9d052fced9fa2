namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// An image in tiles, at several sizes: level 0 is one tile, each level twice as large as the one below, and the last is the image itself
/// (https://openseadragon.github.io/examples/tilesource-dzi).
/// </summary>
/// <param name="Width">Pixels of the image.</param>
/// <param name="Height">Pixels of the image.</param>
public sealed record TilePyramid(int Width, int Height)
{
    /// <summary>Pixels a side of a tile; those at the right and lower edge have what is left.</summary>
    public const int Side = 512;

    /// <summary>Pixels a side of a tile.</summary>
    public int TileSide { get; } = Side;

    /// <summary>How many levels there are.</summary>
    public int Levels
    {
        get
        {
            var levels = 1;
            for (var longest = Math.Max(Width, Height); longest > Side; longest = (longest + 1) / 2)
            {
                levels++;
            }

            return levels;
        }
    }

    /// <summary>Where a tile lies in the image; null where there is none.</summary>
    public TilePlace? Find(int level, int column, int row)
    {
        if (level < 0 || level >= Levels)
        {
            return null;
        }

        var step = 1 << (Levels - 1 - level);
        var (left, top) = ((long)column * Side * step, (long)row * Side * step);
        return column < 0 || row < 0 || left >= Width || top >= Height
            ? null
            : new TilePlace((int)left, (int)top, (int)Math.Min((long)Side * step, Width - left), (int)Math.Min((long)Side * step, Height - top), step);
    }
}

/// <summary>Where a tile lies in its image.</summary>
/// <param name="Left">Its first column of the image.</param>
/// <param name="Top">Its first row.</param>
/// <param name="Width">How many columns of the image it shows.</param>
/// <param name="Height">How many rows.</param>
/// <param name="Step">How many pixels of the image, across and down, are one of the tile.</param>
public readonly record struct TilePlace(int Left, int Top, int Width, int Height, int Step)
{
    /// <summary>Its own pixels across.</summary>
    public int ShownWidth => (Width + Step - 1) / Step;

    /// <summary>Its own pixels down.</summary>
    public int ShownHeight => (Height + Step - 1) / Step;
}
