using System.Numerics;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// Whether two files show the same picture, re-encoded, brightened or resized a little. Stained cells all look alike, so a hash only proposes
/// pairs, and the two pictures in small decide.
/// </summary>
/// <remarks>
/// The hash is the signs, about their median, of the 64 lowest frequencies of the luma of the picture in small but for the constant ones, by a
/// discrete cosine transform (C. Zauner, <i>Implementation and Benchmarking of Perceptual Image Hash Functions</i>, Hagenberg 2010, section 3.2.1).
/// </remarks>
public static class PerceptualHash
{
    /// <summary>Pixels a side of a picture in small.</summary>
    public const int Side = 32;

    /// <summary>By how much of 255 a picture may be brighter than its copy.</summary>
    public const double MaxBrightening = 16;

    private const int Frequencies = 8;

    private static readonly float[] Cosines =
        [.. Enumerable.Range(1, Frequencies).SelectMany(u => Enumerable.Range(0, Side).Select(x => MathF.Cos(MathF.PI * ((2 * x) + 1) * u / (2 * Side))))];

    /// <summary>A picture in small: <see cref="Side"/> × <see cref="Side"/> × 3 bytes, stretched, so that a size rounded otherwise moves nothing.</summary>
    public static byte[] Small(DecodedImage image) => ImageResizer.ToSquare(image, Side);

    /// <summary>The hash of a picture in small.</summary>
    public static long Of(byte[] small)
    {
        ArgumentNullException.ThrowIfNull(small);
        Span<float> luma = stackalloc float[Side];
        Span<float> across = stackalloc float[Side * Frequencies];
        for (var y = 0; y < Side; y++)
        {
            for (int x = 0, from = 3 * y * Side; x < Side; x++, from += 3)
            {
                luma[x] = (0.299f * small[from]) + (0.587f * small[from + 1]) + (0.114f * small[from + 2]);
            }

            for (var u = 0; u < Frequencies; u++)
            {
                var sum = 0f;
                for (var x = 0; x < Side; x++)
                {
                    sum += luma[x] * Cosines[(u * Side) + x];
                }

                across[(u * Side) + y] = sum;
            }
        }

        Span<float> both = stackalloc float[Frequencies * Frequencies];
        for (var i = 0; i < both.Length; i++)
        {
            var sum = 0f;
            for (var y = 0; y < Side; y++)
            {
                sum += across[(i % Frequencies * Side) + y] * Cosines[(i / Frequencies * Side) + y];
            }

            both[i] = sum;
        }

        Span<float> ordered = stackalloc float[both.Length];
        both.CopyTo(ordered);
        ordered.Sort();
        var median = (ordered[(both.Length / 2) - 1] + ordered[both.Length / 2]) / 2;
        var hash = 0L;
        for (var i = 0; i < both.Length; i++)
        {
            hash |= both[i] > median ? 1L << i : 0;
        }

        return hash;
    }

    /// <summary>Bits in which two hashes differ.</summary>
    public static int Distance(long first, long second) => BitOperations.PopCount((ulong)(first ^ second));

    /// <summary>
    /// Mean absolute difference of two pictures in small, 0 to 255, after the second was made as bright as the first; by
    /// <see cref="MaxBrightening"/> at most, for a black and a white square are not the same picture.
    /// </summary>
    public static double Difference(byte[] first, byte[] second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var sum = 0;
        for (var i = 0; i < first.Length; i++)
        {
            sum += first[i] - second[i];
        }

        var shift = Math.Clamp((double)sum / first.Length, -MaxBrightening, MaxBrightening);
        var difference = 0.0;
        for (var i = 0; i < first.Length; i++)
        {
            difference += Math.Abs(first[i] - second[i] - shift);
        }

        return difference / first.Length;
    }
}
