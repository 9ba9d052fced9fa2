using System.Runtime.InteropServices;
using SkiaSharp;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Makes other sizes of an image.</summary>
public static class ImageResizer
{
    /// <summary>The longest side of an image on a page.</summary>
    public const int DisplaySide = 1024;

    /// <summary>Training pixels: <paramref name="size"/> × <paramref name="size"/> × 3, the image centred on black with its proportions kept.</summary>
    public static byte[] ToTrainingPixels(DecodedImage image, int size)
    {
        using var source = ToSkia(image);
        using var target = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(target))
        {
            canvas.Clear(SKColors.Black);
            var scale = (float)size / Math.Max(image.Width, image.Height);
            var (width, height) = (image.Width * scale, image.Height * scale);
            var place = SKRect.Create((size - width) / 2, (size - height) / 2, width, height);
            canvas.DrawImage(source, place, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        }

        var pixels = target.GetPixelSpan();
        var rgb = new byte[size * size * 3];
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            pixels.Slice(from, 3).CopyTo(rgb.AsSpan(to));
        }

        return rgb;
    }

    /// <summary>A PNG for a page, at most <see cref="DisplaySide"/> a side: a format that every browser shows, without the file's metadata.</summary>
    public static byte[] ToDisplayPng(DecodedImage image)
    {
        using var source = ToSkia(image);
        var scale = Math.Min(1f, (float)DisplaySide / Math.Max(image.Width, image.Height));
        if (scale == 1)
        {
            using var whole = source.Encode(SKEncodedImageFormat.Png, 100);
            return whole.ToArray();
        }

        var info = new SKImageInfo(Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var target = new SKBitmap(info);
        using (var canvas = new SKCanvas(target))
        {
            canvas.DrawImage(source, SKRect.Create(info.Width, info.Height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        }

        using var encoded = target.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    private static SKImage ToSkia(DecodedImage image)
    {
        var rgba = new byte[image.Width * image.Height * 4];
        for (int from = 0, to = 0; from < image.Rgb.Length; from += 3, to += 4)
        {
            image.Rgb.AsSpan(from, 3).CopyTo(rgba.AsSpan(to));
            rgba[to + 3] = 255;
        }

        var handle = GCHandle.Alloc(rgba, GCHandleType.Pinned);
        try
        {
            return SKImage.FromPixelCopy(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), handle.AddrOfPinnedObject());
        }
        finally
        {
            handle.Free();
        }
    }
}
