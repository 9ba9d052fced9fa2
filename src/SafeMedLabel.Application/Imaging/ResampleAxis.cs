using System.Collections.Concurrent;

namespace SafeMedLabel.Application.Imaging;

/// <summary>Which source pixels make each output pixel along one axis, and by how much.</summary>
internal sealed class ResampleAxis
{
    private const int MaxCached = 64;

    // Most data sets hold few sizes; computing the weights costs as much as using them once.
    private static readonly ConcurrentDictionary<(int, int, int), ResampleAxis> Cached = new();

    private readonly (int First, float[] Weights)[] _taps;

    private ResampleAxis((int First, float[] Weights)[] taps)
    {
        _taps = taps;
        MaxTaps = Math.Max(1, taps.Max(tap => tap.Weights.Length));
    }

    public int Length => _taps.Length;

    public int MaxTaps { get; }

    public (int First, float[] Weights) this[int index] => _taps[index];

    /// <summary>
    /// Weights for <paramref name="length"/> source pixels that lie in the middle of <paramref name="padded"/> (black around them)
    /// and become <paramref name="output"/> pixels together with that border.
    /// </summary>
    public static ResampleAxis Create(int length, int padded, int output)
    {
        var key = (length, padded, output);
        if (Cached.TryGetValue(key, out var axis))
        {
            return axis;
        }

        axis = Compute(length, padded, output);
        if (Cached.Count < MaxCached)
        {
            Cached.TryAdd(key, axis);
        }

        return axis;
    }

    private static ResampleAxis Compute(int length, int padded, int output)
    {
        var scale = (double)padded / output;
        var support = Math.Max(1.0, scale);
        var border = (padded - length) / 2;
        var taps = new (int, float[])[output];
        for (var i = 0; i < output; i++)
        {
            var centre = (i + 0.5) * scale;
            var from = Math.Max(0, (int)Math.Floor(centre - support));
            var to = Math.Min(padded, (int)Math.Ceiling(centre + support));
            double Triangle(int position) => Math.Max(0, 1 - (Math.Abs(position + 0.5 - centre) / support));

            var sum = 0.0;
            for (var position = from; position < to; position++)
            {
                sum += Triangle(position);
            }

            var (first, end) = (Math.Max(from, border), Math.Min(to, border + length));
            var weights = new float[Math.Max(0, end - first)];
            for (var tap = 0; tap < weights.Length; tap++)
            {
                weights[tap] = (float)(Triangle(first + tap) / sum);
            }

            taps[i] = (first - border, weights);
        }

        return new ResampleAxis(taps);
    }
}
