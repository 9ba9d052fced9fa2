using NetVips;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Decodes TIFF and 16-bit PNG with libvips.</summary>
internal static class VipsReader
{
    static VipsReader() => Vips.SetUp();

    public static DecodedImage ReadPng(byte[] content) =>
        Read(() => Image.PngloadBuffer(content, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));

    public static DecodedImage ReadTiff(FileContent content) => Read(() => LoadTiff(content, access: Enums.Access.Sequential));

    /// <summary>Width and height of a TIFF's first page.</summary>
    /// <exception cref="ImageRejectedException">It is damaged.</exception>
    public static (int Width, int Height) SizeOfTiff(FileContent content) => Decoding(() =>
    {
        using var stored = LoadTiff(content);
        return (stored.Width, stored.Height);
    });

    /// <summary>
    /// The full-size picture of a TIFF, a slide's pyramid included, in strips from top to bottom: no more than a strip is held. Its orientation is as
    /// it is stored, which for slides is upright.
    /// </summary>
    /// <param name="content">The file.</param>
    /// <param name="rows">Rows a strip; the last has what is left.</param>
    /// <exception cref="ImageRejectedException">Damaged, or of other samples.</exception>
    public static IEnumerable<DecodedImage> ReadTiffStrips(FileContent content, int rows)
    {
        using var stored = Decoding(() => LoadTiff(content, access: Enums.Access.Sequential));
        using var rgb = Decoding(() => ToRgb(stored));
        for (var top = 0; top < rgb.Height; top += rows)
        {
            yield return Decoding(() =>
            {
                using var strip = rgb.Crop(0, top, rgb.Width, Math.Min(rows, rgb.Height - top));
                return new DecodedImage(strip.Width, strip.Height, strip.WriteToMemory<byte>());
            }, "The picture is damaged, or stored in pieces that are too large to be read.");
        }
    }

    /// <summary>A page of a TIFF, or one of the smaller copies that belong to it; no pixel is read yet.</summary>
    /// <exception cref="VipsException">It is damaged.</exception>
    public static Image LoadTiff(FileContent content, int page = 0, int? subifd = null, Enums.Access access = Enums.Access.Random) => content.Path is { } path
        ? Image.Tiffload(path, page: page, subifd: subifd, access: access, failOn: Enums.FailOn.Error)
        : Image.TiffloadBuffer(content.ReadWhole(), page: page, subifd: subifd, access: access, failOn: Enums.FailOn.Error);

    /// <summary>Opaque 8-bit sRGB of it.</summary>
    public static Image ToRgb(Image stored)
    {
        if (stored.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort))
        {
            throw new ImageRejectedException("The picture's samples are neither 8-bit nor 16-bit whole numbers.");
        }

        using var coloured = stored.Contains("icc-profile-data")
            ? stored.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative)
            : stored.Colourspace(Enums.Interpretation.Srgb);
        using var opaque = coloured.HasAlpha() ? coloured.Flatten() : coloured.Copy();
        using var rgb = opaque.Bands == 1 ? opaque.Bandjoin(opaque, opaque) : opaque.ExtractBand(0, 3);
        return rgb.Cast(Enums.BandFormat.Uchar);
    }

    /// <summary>Does what may find a picture damaged.</summary>
    public static T Decoding<T>(Func<T> decode, string problem = "The picture is damaged: it cannot be decoded to its end.")
    {
        try
        {
            return decode();
        }
        catch (VipsException exception)
        {
            throw new ImageRejectedException(problem, exception);
        }
    }

    private static DecodedImage Read(Func<Image> load) => Decoding(() =>
    {
        using var stored = load();
        ImageDecoder.RequireReasonableSize(stored.Width, stored.Height);
        using var rgb = ToRgb(stored);
        var orientation = stored.Contains("orientation") ? Convert.ToInt32(stored.Get("orientation"), null) : 1;
        return Orientation.Upright(new DecodedImage(rgb.Width, rgb.Height, rgb.WriteToMemory<byte>()), orientation);
    });
}
