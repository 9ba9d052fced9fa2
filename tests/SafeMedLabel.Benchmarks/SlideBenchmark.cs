using System.Diagnostics;
using NetVips;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// How long a reader waits for a tile of a slide, the level and the place by chance, beside the usual way of making all of its tiles before anyone looks.
/// </summary>
internal static class SlideBenchmark
{
    private const int Tiles = 500;

    /// <param name="file">A slide; one of 40,000 × 30,000 pixels is drawn where null.</param>
    public static object Run(string? file)
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            return Measure(file ?? Draw(Path.Combine(folder, "slide.tif")), folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static object Measure(string file, string folder)
    {
        var whole = Stopwatch.StartNew();
        var picture = ImageDecoder.Read(FileContent.At(file));
        whole.Stop();
        var pyramid = new TilePyramid(picture.Width, picture.Height);
        var random = new Random(1);
        var times = new List<double>(Tiles);
        for (var i = 0; i < Tiles; i++)
        {
            var level = random.Next(pyramid.Levels);
            var side = TilePyramid.Side << (pyramid.Levels - 1 - level);
            var (column, row) = (random.Next((picture.Width / side) + 1), random.Next((picture.Height / side) + 1));
            var clock = Stopwatch.StartNew();
            if (Slide.Open(FileContent.At(file)).Tile(level, column, row) is not null)
            {
                times.Add(clock.Elapsed.TotalMilliseconds);
            }
        }

        var peak = Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
        var all = Stopwatch.StartNew();
        using (var slide = Image.Tiffload(file, access: Enums.Access.Sequential))
        {
            slide.Dzsave(Path.Combine(folder, "tiles"), suffix: ".png[compression=1]", tileSize: TilePyramid.Side, overlap: 0);
        }

        return new
        {
            Megapixels = (long)picture.Width * picture.Height / 1_000_000,
            MillisecondsForOverview = Math.Round(whole.Elapsed.TotalMilliseconds),
            MillisecondsForTile = Times.Percentile(times, 0.5),
            MillisecondsForTileP95 = Times.Percentile(times, 0.95),
            PeakMemoryMB = peak,
            ReferenceSecondsForAllTiles = Math.Round(all.Elapsed.TotalSeconds),
            ReferenceMegabytesOfTiles = new DirectoryInfo(Path.Combine(folder, "tiles_files")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) >> 20,
        };
    }

    /// <summary>Grains of a cell's size, as of a stained smear, which JPEG does not make nothing of.</summary>
    private static string Draw(string file)
    {
        using var noise = Image.Gaussnoise(4000, 3000, mean: 200, sigma: 60, seed: 1).Gaussblur(3).Cast(Enums.BandFormat.Uchar);
        using var field = noise.Bandjoin(noise.Rot180(), noise.FlipHor()).Copy(interpretation: Enums.Interpretation.Srgb).CopyMemory();
        using var slide = field.Replicate(10, 10);
        slide.Tiffsave(file, compression: Enums.ForeignTiffCompression.Jpeg, q: 80, tile: true, tileWidth: 256, tileHeight: 256, pyramid: true, bigtiff: true);
        return file;
    }
}
