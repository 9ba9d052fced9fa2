using NetVips;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Writes an image's <see cref="TilePyramid"/> by libvips, without loss.</summary>
internal static class TileWriter
{
    static TileWriter() => Vips.SetUp();

    /// <summary>Writes the tiles below <c>NAME_files</c>, a folder for each level.</summary>
    public static void Write(DecodedImage image, string name)
    {
        using var pixels = Image.NewFromMemory(image.Rgb, image.Width, image.Height, bands: 3, Enums.BandFormat.Uchar);
        using var coloured = pixels.Copy(interpretation: Enums.Interpretation.Srgb);
        coloured.Dzsave(name, suffix: ".png[compression=1]", tileSize: TilePyramid.Side, overlap: 0, depth: Enums.ForeignDzDepth.Onetile);
    }
}
