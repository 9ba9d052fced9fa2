using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Imaging;

public sealed class ImageResizerTests
{
    [Fact]
    public void A_picture_of_the_right_size_is_left_as_it_is()
    {
        var image = ImageDecoder.Decode(Pictures.Png(width: 24, height: 24));
        Assert.Equal(image.Rgb, ImageResizer.ToTrainingPixels(image, 24));
    }

    [Theory]
    [InlineData(300, 200, 64)]
    [InlineData(10, 10, 64)]
    [InlineData(1, 1, 64)]
    [InlineData(128, 128, 96)]
    public void One_colour_stays_that_colour_inside_the_picture(int width, int height, int size)
    {
        var pixels = ImageResizer.ToTrainingPixels(Plain(width, height, 200, 100, 50), size);
        var centre = 3 * ((size / 2 * size) + (size / 2));
        Assert.Equal(3 * size * size, pixels.Length);
        Assert.Equal([200, 100, 50], pixels[centre..(centre + 3)]);
    }

    [Fact]
    public void A_wide_picture_keeps_its_proportions_between_black_bars()
    {
        var pixels = ImageResizer.ToTrainingPixels(Plain(400, 200, 255, 255, 255), 64);
        bool[] lit = [.. Enumerable.Range(0, 64).Select(row => pixels[3 * ((row * 64) + 32)] > 127)];
        Assert.Equal(32, lit.Count(row => row));
        Assert.All(lit[..16], Assert.False);
        Assert.All(lit[48..], Assert.False);
    }

    [Fact]
    public void Halving_a_fine_pattern_gives_its_mean_and_no_moire()
    {
        var rgb = new byte[3 * 128 * 128];
        for (var i = 0; i < 128 * 128; i++)
        {
            var lit = ((i % 128) + (i / 128)) % 2 == 0;
            rgb.AsSpan(3 * i, 3).Fill(lit ? byte.MaxValue : byte.MinValue);
        }

        var pixels = ImageResizer.ToTrainingPixels(new DecodedImage(128, 128, rgb), 64);
        Assert.All(pixels, value => Assert.InRange(value, 112, 144));
    }

    [Fact]
    public void A_line_of_the_longest_side_that_is_read_does_not_need_its_whole_square()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        ImageResizer.ToTrainingPixels(Plain(ImageDecoder.MaximumSide, 1, 9, 9, 9), 64);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    [Fact]
    public void What_a_page_shows_is_a_png_without_the_files_metadata()
    {
        using var picture = NetVips.Image.NewFromBuffer(Pictures.Png(width: 2000, height: 500));
        using var named = picture.Mutate(m => m.Set(NetVips.GValue.GStrType, "exif-ifd0-ImageDescription", "Jane Patient"));
        var jpeg = named.JpegsaveBuffer();
        Assert.True(jpeg.AsSpan().IndexOf("Jane Patient"u8) >= 0);

        var shown = ImageResizer.ToDisplayPng(ImageDecoder.Decode(jpeg));
        var again = ImageDecoder.Decode(shown);
        Assert.Equal(ImageFormat.Png, ImageFormats.Detect(shown));
        Assert.Equal((1024, 256), (again.Width, again.Height));
        Assert.Equal(-1, shown.AsSpan().IndexOf("Jane Patient"u8));
    }

    [Fact]
    public void A_page_gets_the_very_pixels_of_a_small_picture()
    {
        var image = ImageDecoder.Decode(Pictures.Png(seed: 77));
        Assert.Equal(image.Rgb, ImageDecoder.Decode(ImageResizer.ToDisplayPng(image)).Rgb);
    }

    private static DecodedImage Plain(int width, int height, byte red, byte green, byte blue)
    {
        var rgb = new byte[3 * width * height];
        for (var i = 0; i < rgb.Length; i += 3)
        {
            (rgb[i], rgb[i + 1], rgb[i + 2]) = (red, green, blue);
        }

        return new DecodedImage(width, height, rgb);
    }
}
