using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Safety;

/// <summary>Labels of which some were made wrong on purpose, to see whether they are found.</summary>
/// <param name="Labels">The labels, right and wrong.</param>
/// <param name="Wrong">Positions of those that were made wrong.</param>
public sealed record PlantedNoise(IReadOnlyList<int> Labels, IReadOnlySet<int> Wrong)
{
    /// <summary>Plants symmetric noise: every label is equally likely to become wrong, and every other class equally likely to take its place.</summary>
    /// <param name="labels">The labels as they are, in [0, K).</param>
    /// <param name="classes">K, at least 2.</param>
    /// <param name="fraction">The fraction to make wrong, in [0, 1]; of a broken number the nearest whole one.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static PlantedNoise Plant(IReadOnlyList<int> labels, int classes, double fraction, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        if (fraction is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The fraction of labels to make wrong lies between 0 and 1.");
        }

        var random = new SeededRandom(seed, "planted noise");
        int[] order = [.. Enumerable.Range(0, labels.Count)];
        random.Shuffle<int>(order);
        var wrong = order.Take((int)Math.Round(fraction * labels.Count, MidpointRounding.AwayFromZero)).ToHashSet();
        int[] planted = [.. labels];
        foreach (var i in wrong.Order())
        {
            planted[i] = (labels[i] + 1 + random.NextInt(classes - 1)) % classes;
        }

        return new PlantedNoise(planted, wrong);
    }
}
