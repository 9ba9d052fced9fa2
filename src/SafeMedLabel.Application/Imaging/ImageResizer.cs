using SkiaSharp;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// Resamples with a triangle filter that widens with the reduction (antialiased bilinear, as torchvision's
/// <c>resize(antialias=True)</c> does), in plain arithmetic: the same picture gives the same bytes on every machine.
/// </summary>
public static class ImageResizer
{
    /// <summary>The longest side of an image on a page.</summary>
    public const int DisplaySide = 1024;

    /// <summary>The pixels that a network reads: the picture in the middle of a black square, its aspect ratio kept, at one size.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="size">Pixels a side, at least 1.</param>
    /// <returns>size × size × 3 bytes: rows of red, green, blue.</returns>
    public static byte[] ToTrainingPixels(DecodedImage image, int size)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (image.Width == size && image.Height == size)
        {
            return image.Rgb;
        }

        // The black border is never laid out in memory: its taps are left out of the sums.
        var square = Math.Max(image.Width, image.Height);
        return Resample(
            image,
            ResampleAxis.Create(image.Width, square, size),
            ResampleAxis.Create(image.Height, square, size));
    }

    /// <summary>The whole picture, stretched to a square: size × size × 3 bytes.</summary>
    public static byte[] ToSquare(DecodedImage image, int size)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        return Resample(image, ResampleAxis.Create(image.Width, image.Width, size), ResampleAxis.Create(image.Height, image.Height, size));
    }

    /// <summary>
    /// A PNG for a page, at most <see cref="DisplaySide"/> a side: a format that every browser shows. Only pixels go in,
    /// for a file's own metadata may name a patient.
    /// </summary>
    public static byte[] ToDisplayPng(DecodedImage image)
    {
        var shown = Shrink(image, DisplaySide);
        return PngEncoder.Encode(shown, left: 0, top: 0, shown.Width, shown.Height);
    }

    private static DecodedImage Shrink(DecodedImage image, int maxSide)
    {
        var longest = Math.Max(image.Width, image.Height);
        if (longest <= maxSide)
        {
            return image;
        }

        int Scaled(int side) => Math.Max(1, (int)Math.Round((double)side * maxSide / longest));
        var (width, height) = (Scaled(image.Width), Scaled(image.Height));
        var pixels = Resample(
            image,
            ResampleAxis.Create(image.Width, image.Width, width),
            ResampleAxis.Create(image.Height, image.Height, height));
        return new DecodedImage(width, height, pixels);
    }

    private static byte[] Resample(DecodedImage image, ResampleAxis across, ResampleAxis down)
    {
        var rowLength = 3 * across.Length;
        var output = new byte[rowLength * down.Length];
        var sums = new float[rowLength];

        // Rows that were resampled across, each kept only as long as an output row still needs it.
        var rows = new float[down.MaxTaps][];
        var rowInSlot = new int[down.MaxTaps];
        Array.Fill(rowInSlot, -1);
        for (var y = 0; y < down.Length; y++)
        {
            Array.Clear(sums);
            var (first, weights) = down[y];
            for (var tap = 0; tap < weights.Length; tap++)
            {
                var from = first + tap;
                var slot = from % rows.Length;
                var row = rows[slot] ??= new float[rowLength];
                if (rowInSlot[slot] != from)
                {
                    ResampleRow(image.Rgb.AsSpan(3 * from * image.Width, 3 * image.Width), across, row);
                    rowInSlot[slot] = from;
                }

                var weight = weights[tap];
                for (var i = 0; i < rowLength; i++)
                {
                    sums[i] += weight * row[i];
                }
            }

            var target = output.AsSpan(y * rowLength, rowLength);
            for (var i = 0; i < rowLength; i++)
            {
                target[i] = (byte)Math.Min(255f, sums[i] + 0.5f);
            }
        }

        return output;
    }

    private static void ResampleRow(ReadOnlySpan<byte> source, ResampleAxis across, float[] row)
    {
        for (var x = 0; x < across.Length; x++)
        {
            var (first, weights) = across[x];
            float red = 0, green = 0, blue = 0;
            for (int tap = 0, from = 3 * first; tap < weights.Length; tap++, from += 3)
            {
                var weight = weights[tap];
                red += weight * source[from];
                green += weight * source[from + 1];
                blue += weight * source[from + 2];
            }

            row[3 * x] = red;
            row[(3 * x) + 1] = green;
            row[(3 * x) + 2] = blue;
        }
    }
}
