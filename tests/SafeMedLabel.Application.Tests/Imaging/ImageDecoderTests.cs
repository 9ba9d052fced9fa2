using System.IO.Compression;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;
using SkiaSharp;

namespace SafeMedLabel.Application.Tests.Imaging;

public sealed class ImageDecoderTests
{
    [Theory]
    [InlineData("Parasitized/empty.png", "The file is empty.")]
    [InlineData("Parasitized/text.png", "Not an image")]
    [InlineData("Parasitized/html-as.jpg", "Not an image")]
    [InlineData("Parasitized/truncated.png", "damaged: the file ends before the picture does")]
    [InlineData("Parasitized/bad-crc.png", "checksum (CRC) is wrong")]
    [InlineData("Parasitized/bomb-60000x60000.png", "60000 × 60000 pixels")]
    public void A_hostile_file_is_refused_with_its_reason(string name, string reason)
    {
        var refused = Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(Hostile(name)));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Uninfected/C2thinF_IMG_20200101_000000_cell_1.png", 128, 128)]
    [InlineData("Uninfected/UPPER.PNG", 128, 128)]
    [InlineData("Uninfected/alpha.png", 128, 128)]
    [InlineData("Uninfected/cmyk.jpg", 128, 128)]
    [InlineData("Uninfected/gray16.png", 128, 128)]
    [InlineData("Uninfected/gray8.png", 128, 128)]
    [InlineData("Uninfected/palette.png", 128, 128)]
    [InlineData("Uninfected/photo.bmp", 128, 128)]
    [InlineData("Uninfected/photo.tif", 128, 128)]
    [InlineData("Uninfected/photo.webp", 128, 128)]
    [InlineData("Uninfected/exif-rotated.jpg", 80, 160)]
    [InlineData("Uninfected/tiny-1x1.png", 1, 1)]
    [InlineData("Uninfected/wide-4000x3.png", 4000, 3)]
    public void A_sound_picture_of_every_kind_is_read_upright(string name, int width, int height)
    {
        var image = ImageDecoder.Decode(Hostile(name));
        Assert.Equal((width, height, 3 * width * height), (image.Width, image.Height, image.Rgb.Length));
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void A_picture_cut_anywhere_is_refused(SKEncodedImageFormat format)
    {
        var whole = Pictures.Encode(format, width: 200, height: 150);
        ImageDecoder.Decode(whole);
        Assert.All([0.2, 0.5, 0.9, 0.99], kept =>
            Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(whole[..(int)(kept * whole.Length)])));
    }

    [Fact]
    public void A_tiff_or_bitmap_cut_anywhere_is_refused()
    {
        byte[][] pictures = [Pictures.Tiff(width: 200, height: 150), Hostile("Uninfected/photo.bmp")];
        foreach (var whole in pictures)
        {
            Assert.All([0.2, 0.5, 0.9, 0.99], kept =>
                Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(whole[..(int)(kept * whole.Length)])));
        }
    }

    [Fact]
    public void The_same_pixels_come_out_of_png_tiff_and_bitmap()
    {
        var png = ImageDecoder.Decode(Pictures.Png(seed: 5)).Rgb;
        Assert.Equal((byte)7, png[3]);
        Assert.Equal((byte)5, png[2]);
        Assert.Equal(png, ImageDecoder.Decode(Pictures.Tiff(seed: 5)).Rgb);
        Assert.Equal(ImageDecoder.Decode(Hostile("Uninfected/photo.bmp")).Rgb, ImageDecoder.Decode(Hostile("Uninfected/photo.tif")).Rgb);
    }

    [Fact]
    public void Transparency_is_laid_on_black()
    {
        using var bitmap = new SKBitmap(2, 1, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.SetPixel(0, 0, new SKColor(200, 100, 50, 0));
        bitmap.SetPixel(1, 0, new SKColor(200, 100, 50, 128));
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        Assert.Equal([0, 0, 0, 100, 50, 25], ImageDecoder.Decode(png.ToArray()).Rgb);
    }

    [Fact]
    public void Sixteen_bits_keep_their_tone()
    {
        using var ramp = NetVips.Image.Identity(@ushort: true, size: 65536);
        using var steps = ramp.Subsample(257, 1).Copy(interpretation: NetVips.Enums.Interpretation.Grey16);
        var decoded = ImageDecoder.Decode(steps.PngsaveBuffer(bitdepth: 16));
        Assert.Equal(255, decoded.Width);
        Assert.All(Enumerable.Range(0, 255), step => Assert.InRange(decoded.Rgb[3 * step], step - 1, step + 1));
    }

    [Fact]
    public void A_cmyk_picture_keeps_its_colours_about()
    {
        var cmyk = ImageDecoder.Decode(Hostile("Uninfected/cmyk.jpg"));
        var original = ImageDecoder.Decode(Hostile("Uninfected/photo.tif"));
        Assert.InRange(MeanDifference(cmyk, original), 0, 12);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Every_exif_orientation_is_turned_upright_as_libvips_turns_it(int orientation)
    {
        using var plain = NetVips.Image.NewFromBuffer(Pictures.Png());
        using var turned = plain.Mutate(m => m.Set(NetVips.GValue.GIntType, "orientation", orientation));
        using var upright = turned.Autorot();
        var expected = ImageDecoder.Decode(upright.PngsaveBuffer());
        var tiff = ImageDecoder.Decode(turned.TiffsaveBuffer());
        Assert.Equal((expected.Width, expected.Height), (tiff.Width, tiff.Height));
        Assert.Equal(expected.Rgb, tiff.Rgb);

        var jpeg = ImageDecoder.Decode(turned.JpegsaveBuffer(q: 100, subsampleMode: NetVips.Enums.ForeignSubsample.Off));
        Assert.Equal((expected.Width, expected.Height), (jpeg.Width, jpeg.Height));
        Assert.InRange(MeanDifference(expected, jpeg), 0, 3);
    }

    [Fact]
    public void A_tiff_larger_than_the_limit_is_refused_by_its_header()
    {
        using var black = NetVips.Image.Black(20_000, 10);
        var refused = Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(black.TiffsaveBuffer()));
        Assert.Contains("20000 × 10 pixels", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_svg_is_no_picture_here()
    {
        var svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"u8.ToArray();
        Assert.Contains("Not an image", Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(svg)).Message, StringComparison.Ordinal);
    }

    private static double MeanDifference(DecodedImage a, DecodedImage b) =>
        a.Rgb.Zip(b.Rgb, (x, y) => (double)Math.Abs(x - y)).Average();

    private static byte[] Hostile(string name)
    {
        using var zip = ZipFile.OpenRead(SharedData.Require("data/hostile/images.zip"));
        using var stream = zip.GetEntry(name)!.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
