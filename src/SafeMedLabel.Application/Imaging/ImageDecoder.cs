namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// Turns a file's bytes into upright, opaque 8-bit sRGB pixels, or says in one sentence why not. Two libraries, each for what it is
/// best at: SkiaSharp for ordinary images, libvips for TIFF and 16 bits a channel. The size is read and judged before any pixel, and
/// a damaged file is refused rather than filled up with grey.
/// </summary>
public static class ImageDecoder
{
    /// <summary>The longest side that is read.</summary>
    public const int MaximumSide = 16_384;

    /// <summary>The most pixels that are read.</summary>
    public const int MaximumPixels = 64_000_000;

    /// <summary>
    /// Decodes. The EXIF orientation is applied, transparency is laid on black (segmented cells lie on black), and palette, grey, CMYK
    /// and 16-bit pictures become 8-bit sRGB.
    /// </summary>
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
            ImageFormat.Tiff => VipsReader.ReadTiff(bytes),
            ImageFormat.Png => DecodePng(bytes),
            _ => SkiaReader.Read(bytes),
        };
    }

    /// <summary>Refuses a picture by the size in its header.</summary>
    internal static void RequireReasonableSize(long width, long height)
    {
        if (width < 1 || height < 1)
        {
            throw new ImageRejectedException("The picture has no pixels.");
        }

        if (width > MaximumSide || height > MaximumSide || width * height > MaximumPixels)
        {
            throw new ImageRejectedException(FormattableString.Invariant(
                $"The picture is {width} × {height} pixels; at most {MaximumPixels / 1_000_000} million and {MaximumSide} a side are read."))
            {
                IsTooLarge = true,
            };
        }
    }

    private static DecodedImage DecodePng(byte[] bytes)
    {
        var header = PngStructure.Check(bytes);
        RequireReasonableSize(header.Width, header.Height);
        return header.BitDepth == 16 ? VipsReader.ReadPng(bytes) : SkiaReader.Read(bytes);
    }
}
