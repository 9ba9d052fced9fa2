using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Testing;
using SkiaSharp;

namespace SafeMedLabel.Application.Tests.Imaging;

public sealed class PerceptualHashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("JPEG")]
    [InlineData("a little brighter")]
    [InlineData("a little smaller")]
    [InlineData("a smaller JPEG")]
    public void A_copy_is_taken_for_the_picture(string kind)
    {
        DemoDataset.Write(_folder.Path, 40, seed: 3, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(Directory.GetFiles(_folder.Path, "*.png", SearchOption.AllDirectories), file =>
        {
            using var cell = SKBitmap.Decode(file);
            using var small = cell.Resize(new SKImageInfo(cell.Width * 97 / 100, cell.Height * 97 / 100), new SKSamplingOptions(SKCubicResampler.Mitchell));
            using var bright = Brighter(cell);
            var copy = kind switch
            {
                "JPEG" => Encoded(cell, SKEncodedImageFormat.Jpeg, 75),
                "a little brighter" => Encoded(bright, SKEncodedImageFormat.Png, 100),
                "a little smaller" => Encoded(small, SKEncodedImageFormat.Png, 100),
                _ => Encoded(small, SKEncodedImageFormat.Jpeg, 75),
            };
            var (first, second) = (Small(File.ReadAllBytes(file)), Small(copy));
            Assert.InRange(PerceptualHash.Distance(PerceptualHash.Of(first), PerceptualHash.Of(second)), 0, NearHashes.MaxDistance);
            Assert.InRange(PerceptualHash.Difference(first, second), 0, NearPictures.MaxDifference);
        });
    }

    [Fact]
    public void A_thousand_cells_that_look_alike_are_not_taken_for_each_other()
    {
        DemoDataset.Write(_folder.Path, 1000, seed: 5, cancellationToken: TestContext.Current.CancellationToken);
        byte[][] small = [.. Directory.GetFiles(_folder.Path, "*.png", SearchOption.AllDirectories).AsParallel().Select(f => Small(File.ReadAllBytes(f)))];
        var (pairs, areAll) = NearHashes.Find([.. small.Select(PerceptualHash.Of)], TestContext.Current.CancellationToken);
        Assert.Equal((1000, true), (small.Length, areAll));
        Assert.DoesNotContain(pairs, p => PerceptualHash.Difference(small[p.First], small[p.Second]) <= NearPictures.MaxDifference);
    }

    [Fact]
    public void A_black_square_is_no_copy_of_a_white_one()
    {
        var (black, white) = (new byte[3 * PerceptualHash.Side * PerceptualHash.Side], new byte[3 * PerceptualHash.Side * PerceptualHash.Side]);
        Array.Fill(white, byte.MaxValue);
        Assert.Equal(0, PerceptualHash.Distance(PerceptualHash.Of(black), PerceptualHash.Of(black)));
        Assert.True(PerceptualHash.Difference(black, white) > NearPictures.MaxDifference);
    }

    private static byte[] Small(byte[] file) => PerceptualHash.Small(ImageDecoder.Decode(file));

    private static SKBitmap Brighter(SKBitmap cell)
    {
        var copy = cell.Copy();
        for (var y = 0; y < copy.Height; y++)
        {
            for (var x = 0; x < copy.Width; x++)
            {
                var colour = copy.GetPixel(x, y);
                copy.SetPixel(x, y, new SKColor(Add(colour.Red), Add(colour.Green), Add(colour.Blue), colour.Alpha));
            }
        }

        return copy;

        static byte Add(byte value) => (byte)Math.Min(byte.MaxValue, value + 5);
    }

    private static byte[] Encoded(SKBitmap bitmap, SKEncodedImageFormat format, int quality)
    {
        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }
}
