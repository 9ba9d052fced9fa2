using SkiaSharp;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Pixels as a PNG, without loss and without metadata.</summary>
internal static class PngEncoder
{
    /// <summary>Encodes a part of a picture.</summary>
    public static byte[] Encode(DecodedImage image, int left, int top, int width, int height)
    {
        var rgba = new byte[width * height * 4];
        for (var (y, to) = (0, 0); y < height; y++)
        {
            var from = 3 * (((top + y) * image.Width) + left);
            for (var x = 0; x < width; x++, from += 3, to += 4)
            {
                (rgba[to], rgba[to + 1], rgba[to + 2], rgba[to + 3]) = (image.Rgb[from], image.Rgb[from + 1], image.Rgb[from + 2], byte.MaxValue);
            }
        }

        return Encode(width, height, SKAlphaType.Opaque, rgba);
    }

    /// <summary>Encodes rows of red, green, blue and alpha, a byte each; <paramref name="alpha"/> says whether the last counts.</summary>
    public static byte[] Encode(int width, int height, SKAlphaType alpha, byte[] rgba)
    {
        using var picture = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, alpha), rgba);
        using var png = picture.Encode(SKEncodedImageFormat.Png, quality: 100);
        return png.ToArray();
    }
}
