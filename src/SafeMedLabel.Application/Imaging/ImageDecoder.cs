using System.Buffers.Binary;
using System.IO.Hashing;
using NetVips;
using SkiaSharp;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// Turns a file's bytes into RGB pixels, or says in one sentence why not. Two libraries, each for what it is best at: SkiaSharp
/// for ordinary images, libvips for TIFF and 16 bits a channel. The size is read and judged before any pixel.
/// </summary>
public static class ImageDecoder
{
    /// <summary>The longest side that is read.</summary>
    public const int MaximumSide = 16_384;

    /// <summary>The most pixels that are read.</summary>
    public const int MaximumPixels = 64_000_000;

    /// <summary>Decodes.</summary>
    /// <exception cref="ImageRejectedException">Empty, of another format, damaged or too large.</exception>
    public static DecodedImage Decode(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            throw new ImageRejectedException("The file is empty.");
        }

        return ImageFormats.Detect(bytes) switch
        {
            null => throw new ImageRejectedException("Not an image: the content is neither PNG, JPEG, WebP, TIFF nor BMP."),
            ImageFormat.Tiff => DecodeWithVips(bytes),
            ImageFormat.Png when IsSixteenBit(bytes) => DecodeWithVips(RequireSoundChunks(bytes)),
            ImageFormat.Png => DecodeWithSkia(RequireSoundChunks(bytes)),
            _ => DecodeWithSkia(bytes),
        };
    }

    private static DecodedImage DecodeWithSkia(byte[] bytes)
    {
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data) ?? throw new ImageRejectedException("The picture is damaged: its header cannot be read.");
        RequireReasonableSize(codec.Info.Width, codec.Info.Height);

        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul, SKColorSpace.CreateSrgb());
        using var bitmap = new SKBitmap(info);
        var result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
        {
            throw new ImageRejectedException(result == SKCodecResult.IncompleteInput ? "The picture is cut off: the file ends too early." : "The picture is damaged.");
        }

        using var upright = Upright(bitmap, codec.EncodedOrigin);
        var pixels = upright.GetPixelSpan();
        var rgb = new byte[upright.Width * upright.Height * 3];
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            // Premultiplied: on black, the colour is what remains of it.
            pixels.Slice(from, 3).CopyTo(rgb.AsSpan(to));
        }

        return new DecodedImage(upright.Width, upright.Height, rgb);
    }

    private static DecodedImage DecodeWithVips(byte[] bytes)
    {
        try
        {
            using var header = Image.NewFromBuffer(bytes, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            RequireReasonableSize(header.Width, header.Height);
            using var upright = header.Autorot();
            using var colour = upright.Colourspace(Enums.Interpretation.Srgb);
            using var opaque = colour.HasAlpha() ? colour.Flatten() : colour.Copy();
            using var rgb = opaque.Bands == 1 ? opaque.Bandjoin(opaque, opaque) : opaque.ExtractBand(0, n: 3);
            using var eight = rgb.Cast(Enums.BandFormat.Uchar);
            return new DecodedImage(eight.Width, eight.Height, eight.WriteToMemory<byte>());
        }
        catch (VipsException damaged)
        {
            throw new ImageRejectedException("The picture is damaged or of a kind that is not read.", damaged);
        }
    }

    private static void RequireReasonableSize(int width, int height)
    {
        if (width < 1 || height < 1)
        {
            throw new ImageRejectedException("The picture has no pixels.");
        }

        if (width > MaximumSide || height > MaximumSide || (long)width * height > MaximumPixels)
        {
            throw new ImageRejectedException($"The picture is {width} × {height} pixels; at most {MaximumPixels / 1_000_000} million and {MaximumSide} a side are read.");
        }
    }

    /// <summary>Applies the camera's orientation.</summary>
    private static SKBitmap Upright(SKBitmap bitmap, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft)
        {
            return bitmap.Copy();
        }

        var swaps = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var (width, height) = swaps ? (bitmap.Height, bitmap.Width) : (bitmap.Width, bitmap.Height);
        var upright = new SKBitmap(bitmap.Info.WithSize(width, height));
        using var canvas = new SKCanvas(upright);
        canvas.SetMatrix(origin switch
        {
            SKEncodedOrigin.TopRight => new SKMatrix(-1, 0, width, 0, 1, 0, 0, 0, 1),
            SKEncodedOrigin.BottomRight => new SKMatrix(-1, 0, width, 0, -1, height, 0, 0, 1),
            SKEncodedOrigin.BottomLeft => new SKMatrix(1, 0, 0, 0, -1, height, 0, 0, 1),
            SKEncodedOrigin.LeftTop => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
            SKEncodedOrigin.RightTop => new SKMatrix(0, -1, width, 1, 0, 0, 0, 0, 1),
            SKEncodedOrigin.RightBottom => new SKMatrix(0, -1, width, -1, 0, height, 0, 0, 1),
            _ => new SKMatrix(0, 1, 0, -1, 0, height, 0, 0, 1),
        });
        canvas.DrawBitmap(bitmap, 0, 0, new SKSamplingOptions(SKFilterMode.Nearest));
        return upright;
    }

    private static bool IsSixteenBit(byte[] png) => png.Length > 24 && png[24] == 16;

    /// <summary>Decoders forgive a wrong checksum; a medical image whose bytes changed on the way is not forgiven.</summary>
    private static byte[] RequireSoundChunks(byte[] png)
    {
        for (var position = 8; position + 12 <= png.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(position));
            if (length > png.Length - position - 12)
            {
                throw new ImageRejectedException("The picture is cut off: the file ends too early.");
            }

            var chunk = png.AsSpan(position + 4, (int)length + 4);
            var stated = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(position + 8 + (int)length));
            if (Crc32.HashToUInt32(chunk) != stated)
            {
                throw new ImageRejectedException("The picture is damaged: a checksum is wrong.");
            }

            if (chunk[..4].SequenceEqual("IEND"u8))
            {
                return png;
            }

            position += (int)length + 12;
        }

        throw new ImageRejectedException("The picture is cut off: the file ends too early.");
    }
}
