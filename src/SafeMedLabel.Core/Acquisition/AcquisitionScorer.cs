using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Acquisition;

/// <summary>Scores images and puts them in the queue's order.</summary>
public static class AcquisitionScorer
{
    /// <summary>The score of one image; higher is asked sooner. Only <see cref="AcquisitionFunction.Random"/> reads hash and seed.</summary>
    public static double Score(AcquisitionFunction function, in StochasticPasses passes, string contentHash, ulong seed) => function switch
    {
        AcquisitionFunction.Bald => passes.Bald(),
        AcquisitionFunction.Entropy => passes.PredictiveEntropy(),
        AcquisitionFunction.Variance => passes.Uncertainty(),
        AcquisitionFunction.LeastConfidence => 1 - passes.Prediction().Confidence,
        AcquisitionFunction.Margin => -passes.Margin(),
        AcquisitionFunction.Random => new SeededRandom(seed, contentHash).NextDouble(),
        _ => throw new ArgumentOutOfRangeException(nameof(function)),
    };

    /// <summary>Indices by falling score; equal scores by content hash, so that the order never depends on the input's.</summary>
    /// <exception cref="ArgumentException">The lists differ in length, or a score is not a number.</exception>
    public static int[] Rank(IReadOnlyList<double> scores, IReadOnlyList<string> contentHashes)
    {
        if (scores.Count != contentHashes.Count)
        {
            throw new ArgumentException("Each score needs a content hash.", nameof(contentHashes));
        }

        if (scores.Any(double.IsNaN))
        {
            throw new ArgumentException("A score is not a number.", nameof(scores));
        }

        return [.. Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i]).ThenBy(i => contentHashes[i], StringComparer.Ordinal)];
    }
}
