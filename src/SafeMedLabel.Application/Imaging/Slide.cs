using NetVips;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// A picture that is too large to be held: a TIFF with smaller copies of itself, each in tiles, as slide scanners write it. Only what is looked at is
/// read. The copies may be the file's further pages, beside pages with other views such as the slide's label, or the first page's own (SubIFDs).
/// </summary>
public sealed class Slide
{
    /// <summary>Longest side of the whole in small: a few times what is shown of it at once, and what is learned from.</summary>
    public const int OverviewSide = 2048;

    /// <summary>By how much the sides of two copies may differ at most: a tile between them is made of the larger.</summary>
    private const int MaxStep = 16;

    private const int MaxPages = 64;

    /// <summary>By which part a copy's sides may be off, because they were rounded.</summary>
    private const double MaxRounding = 0.01;

    /// <summary>The longest side of tiles in the file, and of copies that are not in tiles, which can only be read from their top.</summary>
    private const int MaxPieceSide = 4096;

    private readonly FileContent _content;
    private readonly IReadOnlyList<Level> _levels;

    private Slide(FileContent content, IReadOnlyList<Level> levels) => (_content, _levels) = (content, levels);

    /// <summary>Pixels across.</summary>
    public int Width => _levels[0].Width;

    /// <summary>Pixels down.</summary>
    public int Height => _levels[0].Height;

    /// <summary>Finds the copies; some milliseconds.</summary>
    /// <exception cref="ImageRejectedException">It is damaged, or has none that would do.</exception>
    public static Slide Open(FileContent content) => VipsReader.Decoding(() =>
    {
        var slide = new Slide(content, Levels(content));
        var steps = slide._levels.Zip(slide._levels.Skip(1)).Select(s => (double)s.First.Width / s.Second.Width);
        var overview = slide.LevelFor(OverviewSide / (double)Math.Max(slide.Width, slide.Height));
        return ImageDecoder.IsHeldWhole(overview.Width, overview.Height) && steps.All(s => s <= MaxStep) ? slide : throw ImageDecoder.TooLarge(slide.Width, slide.Height);
    });

    /// <summary>The whole in small.</summary>
    /// <exception cref="ImageRejectedException">A copy is damaged, or cut short.</exception>
    public DecodedImage Overview() => VipsReader.Decoding(() =>
    {
        TiffStructure.Check(_content);
        RequireEnds();
        var scale = OverviewSide / (double)Math.Max(Width, Height);
        var level = LevelFor(scale);
        using var rgb = Read(level);
        using var small = rgb.Resize(
            Math.Max(1, Math.Round(Width * scale)) / level.Width, vscale: Math.Max(1, Math.Round(Height * scale)) / level.Height, kernel: Enums.Kernel.Linear);
        return new DecodedImage(small.Width, small.Height, small.WriteToMemory<byte>());
    });

    /// <summary>A tile of its <see cref="TilePyramid"/> in PNG; null where there is none.</summary>
    /// <exception cref="ImageRejectedException">It is damaged.</exception>
    public byte[]? Tile(int level, int column, int row) => VipsReader.Decoding(() =>
    {
        if (new TilePyramid(Width, Height).Find(level, column, row) is not { } place)
        {
            return null;
        }

        var from = LevelFor(1.0 / place.Step);
        var steps = (double)place.Step * from.Width / Width;
        using var rgb = Read(from);
        using var tile = Math.Abs(steps - Math.Round(steps)) < MaxRounding * steps ? Folded(rgb, place, (int)Math.Round(steps)) : Resampled(rgb, place);
        // A slide says how large its pixels are, which tells the scanner.
        using var plain = tile.Copy(xres: 1, yres: 1);
        return plain.PngsaveBuffer(compression: 1, keep: Enums.ForeignKeep.None);
    });

    private static List<Level> Levels(FileContent content)
    {
        using var first = VipsReader.LoadTiff(content);
        var levels = new List<Level> { new(first.Width, first.Height, Page: 0, Subifd: null) };
        if (!IsInPieces(first))
        {
            throw ImageDecoder.TooLarge(first.Width, first.Height);
        }

        int Count(string field) => first.Contains(field) ? Math.Min(MaxPages, Convert.ToInt32(first.Get(field), null)) : 0;
        var others = Enumerable.Range(1, Math.Max(0, Count("n-pages") - 1)).Select(page => (page, (int?)null))
            .Concat(Enumerable.Range(0, Count("n-subifds")).Select(subifd => (0, (int?)subifd)));
        foreach (var (page, subifd) in others)
        {
            using var other = VipsReader.LoadTiff(content, page, subifd);
            var isCopy = other.Width < first.Width && Math.Abs(other.Height - ((double)first.Height * other.Width / first.Width)) <= 2;
            if (isCopy && IsInPieces(other))
            {
                levels.Add(new Level(other.Width, other.Height, page, subifd));
            }
        }

        return [.. levels.DistinctBy(l => l.Width).OrderByDescending(l => l.Width)];
    }

    private static bool IsInPieces(Image page) => page.Contains("tile-width")
        ? Math.Max(Convert.ToInt32(page.Get("tile-width"), null), Convert.ToInt32(page.Get("tile-height"), null)) <= MaxPieceSide
        : Math.Max(page.Width, page.Height) <= MaxPieceSide;

    /// <summary>The smallest copy that has the pixels for a scale.</summary>
    private Level LevelFor(double scale) => _levels.Last(l => l.Width >= Math.Min(1, scale) * Width * (1 - MaxRounding));

    private Image Read(Level level)
    {
        using var stored = VipsReader.LoadTiff(_content, level.Page, level.Subifd);
        return VipsReader.ToRgb(stored);
    }

    /// <summary>Reads each copy's last pixel: in a file that is cut short it is not there.</summary>
    private void RequireEnds()
    {
        foreach (var level in _levels)
        {
            using var rgb = Read(level);
            using var last = rgb.Crop(level.Width - 1, level.Height - 1, 1, 1);
            last.WriteToMemory<byte>();
        }
    }

    /// <summary>
    /// A tile from a copy of which so many pixels are one of the tile. It needs none beyond its edge, so that tiles join without seams. A copy whose sides
    /// were rounded down lacks the last ones.
    /// </summary>
    private static Image Folded(Image copy, TilePlace place, int steps)
    {
        var (left, top) = (Math.Min(place.Left / place.Step * steps, copy.Width - 1), Math.Min(place.Top / place.Step * steps, copy.Height - 1));
        using var part = copy.Crop(left, top, Math.Min(place.ShownWidth * steps, copy.Width - left), Math.Min(place.ShownHeight * steps, copy.Height - top));
        using var shrunk = part.Shrink(steps, steps, ceil: true);
        return shrunk.Embed(0, 0, place.ShownWidth, place.ShownHeight, extend: Enums.Extend.Copy);
    }

    /// <summary>A tile from a copy of any other scale.</summary>
    private Image Resampled(Image copy, TilePlace place)
    {
        var (across, down) = ((double)copy.Width / Width, (double)copy.Height / Height);
        var (left, top) = (Math.Min((int)Math.Round(place.Left * across), copy.Width - 1), Math.Min((int)Math.Round(place.Top * down), copy.Height - 1));
        using var part = copy.Crop(
            left,
            top,
            Math.Clamp((int)Math.Round((place.Left + place.Width) * across) - left, 1, copy.Width - left),
            Math.Clamp((int)Math.Round((place.Top + place.Height) * down) - top, 1, copy.Height - top));
        return part.Resize((double)place.ShownWidth / part.Width, vscale: (double)place.ShownHeight / part.Height, kernel: Enums.Kernel.Linear);
    }

    /// <summary>The picture, or a smaller copy of it, and where it is in the file.</summary>
    private readonly record struct Level(int Width, int Height, int Page, int? Subifd);
}
