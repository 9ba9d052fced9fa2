using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Splitting;

/// <summary>Draws the images whose labels a model starts with, when the labels of all are known (simulation, experiments).</summary>
public static class LabelledSubset
{
    /// <summary>Draws a share of the images, the classes in the same proportions as in all of them.</summary>
    /// <param name="classes">Class of each image.</param>
    /// <param name="fraction">Share to draw, in [0, 1].</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <returns>Indices in ascending order.</returns>
    public static int[] Draw(IReadOnlyList<int> classes, double fraction, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (fraction is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The share to draw must be between 0 and 1.");
        }

        return Draw(classes, (int)Math.Round(fraction * classes.Count, MidpointRounding.AwayFromZero), seed);
    }

    /// <summary>Draws so many images, the classes in the same proportions as in all of them (largest remainder), and at least one of
    /// each class where <paramref name="count"/> allows it.</summary>
    /// <param name="classes">Class of each image.</param>
    /// <param name="count">How many to draw, in [0, n].</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <returns>Indices in ascending order.</returns>
    public static int[] Draw(IReadOnlyList<int> classes, int count, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (count < 0 || count > classes.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"So many cannot be drawn from {classes.Count} images.");
        }

        var strata = Enumerable.Range(0, classes.Count).GroupBy(i => classes[i]).OrderBy(g => g.Key).Select(g => g.ToArray()).ToArray();
        var quotas = Quotas([.. strata.Select(s => s.Length)], count);
        var random = new SeededRandom(seed, "labelled subset");
        var drawn = new List<int>(count);
        for (var s = 0; s < strata.Length; s++)
        {
            random.Shuffle<int>(strata[s]);
            drawn.AddRange(strata[s].AsSpan(0, quotas[s]));
        }

        drawn.Sort();
        return [.. drawn];
    }

    private static int[] Quotas(int[] sizes, int count)
    {
        var total = sizes.Sum();
        var quotas = new int[sizes.Length];
        if (count >= sizes.Length)
        {
            Array.Fill(quotas, 1);
        }

        // One at a time to the class that is furthest below its share; a class that is used up is at its share or above it.
        for (var left = count - quotas.Sum(); left > 0; left--)
        {
            var neediest = Enumerable.Range(0, sizes.Length)
                .Where(s => quotas[s] < sizes[s])
                .MaxBy(s => ((double)count * sizes[s] / total) - quotas[s]);
            quotas[neediest]++;
        }

        return quotas;
    }
}
