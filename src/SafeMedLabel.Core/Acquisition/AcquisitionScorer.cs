using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Acquisition;

/// <summary>Scores images by how much a reader's answer is worth, and ranks them.</summary>
public static class AcquisitionScorer
{
    /// <summary>The score of one image: the higher, the sooner it is asked. Never negative.</summary>
    /// <param name="function">What to score by.</param>
    /// <param name="passes">The model's answers for the image.</param>
    /// <param name="contentHash">The image's content hash; decides, with the seed, the score of <see cref="AcquisitionFunction.Random"/>.</param>
    /// <param name="seed">Seed of the random score.</param>
    /// <exception cref="ArgumentOutOfRangeException">The function is none of the enumeration.</exception>
    public static double Score(AcquisitionFunction function, in StochasticPasses passes, string contentHash, ulong seed) => function switch
    {
        AcquisitionFunction.Bald => passes.Bald(),
        AcquisitionFunction.Entropy => passes.PredictiveEntropy(),
        AcquisitionFunction.Variance => passes.Uncertainty(),
        AcquisitionFunction.LeastConfidence => 1 - Greatest(passes).First,
        AcquisitionFunction.Margin => 1 - (Greatest(passes).First - Greatest(passes).Second),
        AcquisitionFunction.Random => new SeededRandom(seed, contentHash).NextDouble(),
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "This is not an acquisition function."),
    };

    /// <summary>Indices by descending score, equal scores by content hash (ordinal), so that a queue can be made again.</summary>
    /// <param name="scores">Score of each image.</param>
    /// <param name="contentHashes">Content hash of each image.</param>
    /// <exception cref="ArgumentException">The lists differ in length, or a score is not a number.</exception>
    public static int[] Rank(IReadOnlyList<double> scores, IReadOnlyList<string> contentHashes)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(contentHashes);
        if (scores.Count != contentHashes.Count)
        {
            throw new ArgumentException($"There are {contentHashes.Count} content hashes for {scores.Count} scores.", nameof(contentHashes));
        }

        if (scores.Any(double.IsNaN))
        {
            throw new ArgumentException("A score that is not a number cannot be ranked.", nameof(scores));
        }

        return [.. Enumerable.Range(0, scores.Count)
            .OrderByDescending(i => scores[i])
            .ThenBy(i => contentHashes[i], StringComparer.Ordinal)];
    }

    private static (double First, double Second) Greatest(in StochasticPasses passes)
    {
        var mean = new double[passes.Classes];
        passes.Mean(mean);
        Array.Sort(mean);
        return (mean[^1], mean[^2]);
    }
}
