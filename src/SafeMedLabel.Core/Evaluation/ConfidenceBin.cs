namespace SafeMedLabel.Core.Evaluation;

/// <summary>Images of like confidence.</summary>
/// <param name="Low">Above this.</param>
/// <param name="High">Up to this.</param>
/// <param name="Count">How many, 1 or more.</param>
/// <param name="Confidence">Their mean confidence.</param>
/// <param name="Accuracy">The part of them that is right: equal to the confidence where a model knows what it knows.</param>
public sealed record ConfidenceBin(double Low, double High, int Count, double Confidence, double Accuracy)
{
    /// <summary>The bins that have images, from unsure to sure: the points of a reliability diagram (Guo et al. 2017).</summary>
    /// <param name="set">Predictions.</param>
    /// <param name="bins">Equal bins (lo, hi] of 0 to 1.</param>
    public static IReadOnlyList<ConfidenceBin> Of(PredictionSet set, int bins)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        return [.. Enumerable.Range(0, set.Count).GroupBy(i => Of(set.Confidence(i), bins)).OrderBy(bin => bin.Key).Select(bin => new ConfidenceBin(
            (double)bin.Key / bins, (bin.Key + 1.0) / bins, bin.Count(), bin.Average(set.Confidence), bin.Average(i => set.IsCorrect(i) ? 1.0 : 0)))];
    }

    /// <summary>The bin (lo, hi] of a confidence; edges are single precision, as in <see cref="PredictionSet.IsCovered"/>.</summary>
    internal static int Of(double confidence, int bins)
    {
        var bin = 0;
        while (bin < bins - 1 && (float)confidence > (float)((bin + 1.0) / bins))
        {
            bin++;
        }

        return bin;
    }
}
