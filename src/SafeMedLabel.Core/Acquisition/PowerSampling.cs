using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Acquisition;

/// <summary>
/// Draws a batch with chances that grow with the score, rather than its top (Kirsch et al. 2021, 'PowerBALD'): the top of a ranking is
/// often one patient's look-alikes, and their labels tell the same thing many times.
/// </summary>
public static class PowerSampling
{
    /// <summary>
    /// Draws <paramref name="count"/> images without replacement, each time with a chance in proportion to score^(1/temperature). Done
    /// at once by adding Gumbel noise to the logarithm of the scores and taking the greatest. The noise belongs to (seed, content
    /// hash), so that neither the order of the images nor other images change it. Images scored zero come only after all others.
    /// </summary>
    /// <param name="scores">Score of each image, at least zero.</param>
    /// <param name="contentHashes">Content hash of each image.</param>
    /// <param name="count">How many to draw; all, in a random order, where there are fewer.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <param name="temperature">Above zero: near zero this is the plain ranking, large it is a uniform draw.</param>
    /// <returns>Indices in the order in which they were drawn.</returns>
    /// <exception cref="ArgumentException">The lists differ in length, or a score, count or temperature is out of range.</exception>
    public static int[] Draw(
        IReadOnlyList<double> scores, IReadOnlyList<string> contentHashes, int count, ulong seed, double temperature = 1)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(contentHashes);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (!(temperature > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature must be above zero.");
        }

        if (scores.Count != contentHashes.Count)
        {
            throw new ArgumentException($"There are {contentHashes.Count} content hashes for {scores.Count} scores.", nameof(contentHashes));
        }

        if (!scores.All(score => score >= 0 && double.IsFinite(score)))
        {
            throw new ArgumentException("A score to draw by must be a number and not negative.", nameof(scores));
        }

        return [.. Enumerable.Range(0, scores.Count)
            .Select(i => (Index: i, Noise: Gumbel(seed, contentHashes[i])))
            .OrderByDescending(item => (Math.Log(scores[item.Index]) / temperature) + item.Noise)
            .ThenByDescending(item => item.Noise)
            .ThenBy(item => contentHashes[item.Index], StringComparer.Ordinal)
            .Take(count)
            .Select(item => item.Index)];
    }

    private static double Gumbel(ulong seed, string contentHash)
    {
        // 1 − [0, 1) is never zero; the noise of 1 itself is plus infinity, which only 1 in 2^53 draws would meet.
        var uniform = 1 - new SeededRandom(seed, "power sampling").Split(contentHash).NextDouble();
        return -Math.Log(-Math.Log(uniform));
    }
}
