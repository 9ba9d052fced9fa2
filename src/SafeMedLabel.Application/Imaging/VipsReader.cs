using NetVips;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Decodes TIFF and 16-bit PNG with libvips.</summary>
internal static class VipsReader
{
    static VipsReader() => Vips.SetUp();

    public static DecodedImage ReadPng(byte[] content) =>
        Read(content, bytes => Image.PngloadBuffer(bytes, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));

    public static DecodedImage ReadTiff(byte[] content) =>
        Read(content, bytes => Image.TiffloadBuffer(bytes, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));

    /// <summary>
    /// The full-size picture of a TIFF, a slide's pyramid included, in strips from top to bottom: no more than a strip is held. Its orientation is as
    /// it is stored, which for slides is upright.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">Rows a strip; the last has what is left.</param>
    /// <param name="require">Refuses a picture by its width and height.</param>
    /// <exception cref="ImageRejectedException">Damaged, of other samples, or refused.</exception>
    public static IEnumerable<DecodedImage> ReadTiffStrips(string path, int rows, Action<long, long> require)
    {
        using var stored = Decoding(() => Image.Tiffload(path, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));
        require(stored.Width, stored.Height);
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

    private static DecodedImage Read(byte[] content, Func<byte[], Image> load) => Decoding(() =>
    {
        using var stored = load(content);
        ImageDecoder.RequireReasonableSize(stored.Width, stored.Height);
        using var rgb = ToRgb(stored);
        var orientation = stored.Contains("orientation") ? Convert.ToInt32(stored.Get("orientation"), null) : 1;
        return Orientation.Upright(new DecodedImage(rgb.Width, rgb.Height, rgb.WriteToMemory<byte>()), orientation);
    });

    private static Image ToRgb(Image stored)
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

    private static T Decoding<T>(Func<T> decode, string problem = "The picture is damaged: it cannot be decoded to its end.")
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
}
