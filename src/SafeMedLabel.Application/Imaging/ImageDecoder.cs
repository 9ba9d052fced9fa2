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
            ImageFormat.Tiff => VipsReader.ReadTiff(FileContent.Of(bytes)),
            ImageFormat.Png => DecodePng(bytes),
            _ => SkiaReader.Read(bytes),
        };
    }

    /// <summary>As <see cref="Decode"/>, and of a slide, which is too large for that, the whole in small.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Decode"/>, and a slide without smaller copies of itself.</exception>
    public static Picture Read(FileContent content)
    {
        if (SlideSize(content) is not null)
        {
            var slide = Slide.Open(content);
            return new Picture(slide.Width, slide.Height, slide.Overview());
        }

        var image = DecodeWhole(content);
        return new Picture(image.Width, image.Height, image);
    }

    /// <summary>As <see cref="Decode"/>, of a file that <see cref="SlideSize"/> took for no slide.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Decode"/>.</exception>
    internal static DecodedImage DecodeWhole(FileContent content) => content.IsLong ? VipsReader.ReadTiff(content) : Decode(content.ReadWhole());

    /// <summary>Pixels across and down of a slide: a TIFF with more than are held. Null of any other file.</summary>
    /// <exception cref="ImageRejectedException">Longer than other files may be, or damaged.</exception>
    internal static (int Width, int Height)? SlideSize(FileContent content)
    {
        Span<byte> beginning = stackalloc byte[16];
        using (var stream = content.OpenRead())
        {
            beginning = beginning[..stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)];
        }

        if (content.IsLong)
        {
            FileContent.RequireReadableInParts(beginning);
        }

        return ImageFormats.Detect(beginning) == ImageFormat.Tiff && VipsReader.SizeOfTiff(content) is var size && !IsHeldWhole(size.Width, size.Height) ? size : null;
    }

    /// <summary>Whether so many pixels are held at once.</summary>
    internal static bool IsHeldWhole(long width, long height) => width <= MaximumSide && height <= MaximumSide && width * height <= MaximumPixels;

    /// <summary>Refuses a picture by the size in its header.</summary>
    internal static void RequireReasonableSize(long width, long height)
    {
        if (width < 1 || height < 1)
        {
            throw new ImageRejectedException("The picture has no pixels.");
        }

        if (!IsHeldWhole(width, height))
        {
            throw TooLarge(width, height);
        }
    }

    /// <summary>Why a picture is refused that is neither held whole nor a slide that can be read in parts.</summary>
    internal static ImageRejectedException TooLarge(long width, long height) => new(FormattableString.Invariant(
        $"The picture is {width} × {height} pixels; more than {MaximumPixels / 1_000_000} million or {MaximumSide} a side are read only of a tiled TIFF that holds smaller copies of itself (a pyramid)."));

    private static DecodedImage DecodePng(byte[] bytes)
    {
        var header = PngStructure.Check(bytes);
        RequireReasonableSize(header.Width, header.Height);
        return header.BitDepth == 16 ? VipsReader.ReadPng(bytes) : SkiaReader.Read(bytes);
    }
}
