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
}
