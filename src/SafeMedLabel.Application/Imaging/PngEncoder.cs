using SkiaSharp;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Pixels as a PNG, without loss and without metadata.</summary>
internal static class PngEncoder
{
    /// <summary>Encodes rows of red, green, blue and alpha, a byte each; <paramref name="alpha"/> says whether the last counts.</summary>
    public static byte[] Encode(int width, int height, SKAlphaType alpha, byte[] rgba)
    {
        using var picture = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, alpha), rgba);
        using var png = picture.Encode(SKEncodedImageFormat.Png, quality: 100);
        return png.ToArray();
    }
}
