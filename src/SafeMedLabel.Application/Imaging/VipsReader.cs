using NetVips;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Decodes TIFF and 16-bit PNG with libvips.</summary>
internal static class VipsReader
{
    static VipsReader()
    {
        // Every picture is read once: a cache of operations would only hold memory.
        Cache.Max = 0;
        NetVips.NetVips.BlockUntrusted = true;
    }

    public static DecodedImage ReadPng(byte[] content) =>
        Read(content, bytes => Image.PngloadBuffer(bytes, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));

    public static DecodedImage ReadTiff(byte[] content) =>
        Read(content, bytes => Image.TiffloadBuffer(bytes, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error));

    private static DecodedImage Read(byte[] content, Func<byte[], Image> load)
    {
        try
        {
            using var stored = load(content);
            ImageDecoder.RequireReasonableSize(stored.Width, stored.Height);
            if (stored.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort))
            {
                throw new ImageRejectedException("The picture's samples are neither 8-bit nor 16-bit whole numbers.");
            }

            using var coloured = stored.Contains("icc-profile-data")
                ? stored.IccTransform("srgb", embedded: true, intent: Enums.Intent.Relative)
                : stored.Colourspace(Enums.Interpretation.Srgb);
            using var opaque = coloured.HasAlpha() ? coloured.Flatten() : coloured.Copy();
            using var rgb = opaque.Bands == 1 ? opaque.Bandjoin(opaque, opaque) : opaque.ExtractBand(0, 3);
            using var bytes = rgb.Cast(Enums.BandFormat.Uchar);
            var orientation = stored.Contains("orientation") ? Convert.ToInt32(stored.Get("orientation"), null) : 1;
            return Orientation.Upright(new DecodedImage(bytes.Width, bytes.Height, bytes.WriteToMemory<byte>()), orientation);
        }
        catch (VipsException exception)
        {
            throw new ImageRejectedException("The picture is damaged: it cannot be decoded to its end.", exception);
        }
    }
}
