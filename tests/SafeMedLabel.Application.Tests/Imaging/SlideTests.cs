using NetVips;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Imaging;

public sealed class SlideTests : IDisposable
{
    /// <summary>Wider than what is held as a whole, and not a multiple of anything.</summary>
    private const int Width = ImageDecoder.MaximumSide + 1003;
    private const int Height = 701;

    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("slide.tif");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Slides.Pyramid)]
    [InlineData("[tile,pyramid,subifd,compression=deflate]")]
    [InlineData("[tile,pyramid,compression=jpeg,Q=95,tile_width=256,tile_height=256]")]
    [InlineData("a scanner's")]
    public void Every_tile_shows_its_place_and_the_whole_in_small_shows_all(string layout)
    {
        var isExact = !layout.Contains("jpeg", StringComparison.Ordinal);
        if (layout.StartsWith('['))
        {
            Slides.Write(File, Width, Height, layout);
        }
        else
        {
            ScannerFile.Write(File, Width, Height);
        }

        var picture = ImageDecoder.Read(FileContent.At(File));
        Assert.Equal((Width, Height, Slide.OverviewSide, (int)Math.Round((double)Height * Slide.OverviewSide / Width)), (picture.Width, picture.Height, picture.Pixels.Width, picture.Pixels.Height));
        ShowsItsPlace(picture.Pixels, 0, 0, Width, Height);

        var slide = Slide.Open(FileContent.At(File));
        var pyramid = new TilePyramid(Width, Height);
        using var whole = Image.NewFromFile(File);
        for (var level = 0; level < pyramid.Levels; level++)
        {
            var step = 1 << (pyramid.Levels - 1 - level);
            var (columns, rows) = (CeilingOf(Width, 512 * step), CeilingOf(Height, 512 * step));
            foreach (var column in new[] { 0, columns / 2, columns - 1 })
            {
                var (left, top) = (column * 512 * step, (rows - 1) * 512 * step);
                var (width, height) = (Math.Min(512 * step, Width - left), Math.Min(512 * step, Height - top));
                var tile = ImageDecoder.Decode(slide.Tile(level, column, rows - 1)!);
                Assert.Equal((CeilingOf(width, step), CeilingOf(height, step)), (tile.Width, tile.Height));
                ShowsItsPlace(tile, left, top, width, height);
                if (isExact && step == 1)
                {
                    Assert.Equal(whole.Crop(left, top, width, height).WriteToMemory<byte>(), tile.Rgb);
                }
            }

            Assert.Null(slide.Tile(level, columns, 0));
            Assert.Null(slide.Tile(level, 0, rows));
        }

        Assert.Null(slide.Tile(pyramid.Levels, 0, 0));
        Assert.Null(slide.Tile(-1, 0, 0));
        Assert.Null(slide.Tile(0, -1, 0));
    }

    [Fact]
    public void Tiles_join_without_seams()
    {
        // Noise of single pixels, of which a filter that is cut off at a tile's edge would make something else than one that is not.
        using var noise = Image.Gaussnoise(Width, Height, mean: 128, sigma: 60, seed: 1).Cast(Enums.BandFormat.Uchar);
        noise.Bandjoin(noise, noise).Copy(interpretation: Enums.Interpretation.Srgb).WriteToFile($"{File}[tile,pyramid,compression=deflate]");
        using var half = Image.Tiffload(File, page: 1);
        var slide = Slide.Open(FileContent.At(File));
        var level = new TilePyramid(Width, Height).Levels - 2;
        foreach (var column in new[] { 0, 1, 7 })
        {
            Assert.Equal(half.Crop(512 * column, 0, 512, Height / 2).WriteToMemory<byte>(), ImageDecoder.Decode(slide.Tile(level, column, 0)!).Rgb[..(512 * 3 * (Height / 2))]);
        }
    }

    [Fact]
    public void A_file_that_was_read_already_is_a_slide_too()
    {
        Slides.Write(File, Width, Height);
        var held = ImageDecoder.Read(FileContent.Of(System.IO.File.ReadAllBytes(File)));
        Assert.Equal(ImageDecoder.Read(FileContent.At(File)).Pixels.Rgb, held.Pixels.Rgb);
    }

    [Theory]
    [InlineData("[tile,compression=deflate]")]
    [InlineData("[compression=deflate]")]
    [InlineData("[pyramid,tile,tile_width=8192,tile_height=16,compression=deflate]")]
    public void Without_smaller_copies_in_tiles_it_is_refused_with_its_size(string options)
    {
        Slides.Write(File, Width, Height, options);
        Assert.Equal(
            $"The picture is {Width} × {Height} pixels; more than 64 million or 16384 a side are read only of a tiled TIFF that holds smaller copies of itself (a pyramid).",
            Assert.Throws<ImageRejectedException>(() => ImageDecoder.Read(FileContent.At(File))).Message);
    }

    [Fact]
    public void A_tile_does_not_tell_how_large_the_scanners_pixels_are()
    {
        Slides.Write(File, Width, Height);
        var plain = Slide.Open(FileContent.At(File)).Tile(0, 0, 0);
        Slides.Write(_folder.File("scanned.tif"), Width, Height, "[tile,pyramid,compression=deflate,bigtiff,xres=4000,yres=4000]");

        Assert.Equal(plain, Slide.Open(FileContent.At(_folder.File("scanned.tif"))).Tile(0, 0, 0));
    }

    [Fact]
    public void One_cut_short_or_of_random_bytes_is_refused()
    {
        Slides.Write(File, Width, Height);
        var whole = System.IO.File.ReadAllBytes(File);
        foreach (var kept in new[] { 0.001, 0.3, 0.6, 0.9, 0.99, 0.9999 })
        {
            Assert.Throws<ImageRejectedException>(() => ImageDecoder.Read(FileContent.Of(whole[..(int)(kept * whole.Length)])));
        }

        var random = new Random(1);
        for (var attempt = 0; attempt < 40; attempt++)
        {
            var damaged = whole.ToArray();
            for (var i = 0; i < 30; i++)
            {
                // The directories lie at both ends.
                var place = random.Next(2000);
                damaged[attempt % 2 == 0 ? place : damaged.Length - 1 - place] = (byte)random.Next(256);
            }

            if (Record.Exception(() => ImageDecoder.Read(FileContent.Of(damaged))) is { } exception)
            {
                Assert.IsType<ImageRejectedException>(exception);
            }
        }
    }

    [Fact]
    public void Of_files_that_are_too_long_to_be_held_only_a_TIFF_is_read()
    {
        using (var large = System.IO.File.Create(_folder.File("large.png")))
        {
            large.Write(Pictures.Png());
            large.SetLength(FileContent.MaxHeld + 1);
        }

        Assert.Equal("The file is larger than 64 MiB; only a TIFF may be.", Assert.Throws<ImageRejectedException>(() => ImageDecoder.Read(FileContent.At(_folder.File("large.png")))).Message);
        Slides.Write(File, 6000, 4000, "[compression=none]");
        Assert.True(new FileInfo(File).Length > FileContent.MaxHeld);
        var picture = ImageDecoder.Read(FileContent.At(File));
        Assert.Equal((6000, 4000, 6000), (picture.Width, picture.Height, picture.Pixels.Width));
        ShowsItsPlace(picture.Pixels, 0, 0, 6000, 4000, 6000, 4000);
    }

    private static int CeilingOf(int length, int part) => (length + part - 1) / part;

    /// <summary>Up to a pixel of the part, by which a copy's sides may have been rounded.</summary>
    private static void ShowsItsPlace(DecodedImage part, int left, int top, int width, int height, int ofWidth = Width, int ofHeight = Height)
    {
        foreach (var (x, y) in from x in new[] { 0, part.Width / 3, part.Width - 1 } from y in new[] { 0, part.Height / 2, part.Height - 1 } select (x, y))
        {
            var at = 3 * ((y * part.Width) + x);
            var (across, down) = ((double)width / part.Width, (double)height / part.Height);
            Assert.Equal(Slides.Red(left + ((x + 0.5) * across), ofWidth), part.Rgb[at], 4 + (255 * across / ofWidth));
            Assert.Equal(Slides.Green(top + ((y + 0.5) * down), ofHeight), part.Rgb[at + 1], 4 + (255 * down / ofHeight));
            Assert.InRange(part.Rgb[at + 2], 0, 4);
        }
    }
}
