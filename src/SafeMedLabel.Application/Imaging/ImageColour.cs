namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// What stain, lamp and camera make of an image, in a few numbers, each from 0 to 1. Black pixels do not count: transparency is decoded to black, and
/// cells are often cut out on it, so that they would measure the cell's size instead.
/// </summary>
/// <param name="Red">Mean of red.</param>
/// <param name="Green">Mean of green.</param>
/// <param name="Blue">Mean of blue.</param>
/// <param name="Contrast">Standard deviation of luma (ITU-R BT.601).</param>
public sealed record ImageColour(double Red, double Green, double Blue, double Contrast)
{
    /// <summary>A pixel none of whose channels exceeds this is black; lossy formats leave a little in it.</summary>
    private const byte Black = 8;

    /// <summary>Measures an image; all zero where every pixel is black.</summary>
    public static ImageColour Of(DecodedImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (red, green, blue, luma, squares, count) = (0L, 0L, 0L, 0.0, 0.0, 0);
        for (var i = 0; i < image.Rgb.Length; i += 3)
        {
            var (r, g, b) = (image.Rgb[i], image.Rgb[i + 1], image.Rgb[i + 2]);
            if (r <= Black && g <= Black && b <= Black)
            {
                continue;
            }

            count++;
            red += r;
            green += g;
            blue += b;
            var y = (0.299 * r) + (0.587 * g) + (0.114 * b);
            luma += y;
            squares += y * y;
        }

        if (count == 0)
        {
            return new ImageColour(0, 0, 0, 0);
        }

        var scale = 255.0 * count;
        var variance = (squares / count) - (luma / count * (luma / count));
        return new ImageColour(red / scale, green / scale, blue / scale, Math.Sqrt(Math.Max(0, variance)) / 255);
    }
}
