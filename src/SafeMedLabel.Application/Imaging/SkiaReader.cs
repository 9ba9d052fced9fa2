using SkiaSharp;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Decodes PNG, JPEG, WebP and BMP with Skia.</summary>
internal static class SkiaReader
{
    private static readonly SKColorSpace Srgb = SKColorSpace.CreateSrgb();

    public static DecodedImage Read(ReadOnlySpan<byte> content)
    {
        using var data = SKData.CreateCopy(content);
        using var codec = SKCodec.Create(data)
            ?? throw new ImageRejectedException("The picture is damaged: its header cannot be read.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        ImageDecoder.RequireReasonableSize(width, height);

        // Colours multiplied by their alpha are exactly the picture laid on black.
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul, Srgb);
        return codec.GetPixels(info, out var rgba) switch
        {
            SKCodecResult.Success => Orientation.Upright(new DecodedImage(width, height, DropAlpha(rgba)), (int)codec.EncodedOrigin),
            SKCodecResult.IncompleteInput => throw new ImageRejectedException("The picture is damaged: the file ends before the picture does."),
            _ => throw new ImageRejectedException("The picture is damaged: its pixels cannot be decoded."),
        };
    }

    private static byte[] DropAlpha(ReadOnlySpan<byte> rgba)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            rgb[to] = rgba[from];
            rgb[to + 1] = rgba[from + 1];
            rgb[to + 2] = rgba[from + 2];
        }

        return rgb;
    }
}
