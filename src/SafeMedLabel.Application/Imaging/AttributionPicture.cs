using SkiaSharp;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// A veil over an image that leaves bare what a model saw its evidence in. What matters keeps its own colours, and nobody has to tell
/// colours apart.
/// </summary>
public static class AttributionPicture
{
    /// <summary>How much of the image the veil hides where there is no evidence, 0 to 255.</summary>
    private const int Darkest = 160;

    /// <summary>A PNG with a pixel for each place of the map, black and the more opaque, the less evidence there is.</summary>
    /// <param name="map">A square, row-major, 255 where the evidence is strongest.</param>
    /// <exception cref="ArgumentException">It is no square.</exception>
    public static byte[] ToVeilPng(ReadOnlySpan<byte> map)
    {
        var side = (int)Math.Round(Math.Sqrt(map.Length));
        if (side == 0 || side * side != map.Length)
        {
            throw new ArgumentException($"A map of {map.Length} places is no square.", nameof(map));
        }

        var rgba = new byte[4 * map.Length];
        for (var i = 0; i < map.Length; i++)
        {
            rgba[(4 * i) + 3] = (byte)(Darkest - (Darkest * map[i] / byte.MaxValue));
        }

        return PngEncoder.Encode(side, side, SKAlphaType.Unpremul, rgba);
    }
}
