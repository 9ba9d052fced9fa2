namespace SafeMedLabel.Core.Evaluation;

/// <summary>The field's measures of a classifier that may abstain. All are fractions, 0 to 1, unless said otherwise.</summary>
public static class Metrics
{
    /// <summary>Correct ÷ n.</summary>
    public static double Accuracy(PredictionSet set) => Fraction(set, set.IsCorrect);

    /// <summary>Silent-failure rate: wrong and more confident than <paramref name="threshold"/>, ÷ n.</summary>
    public static double SilentFailureRate(PredictionSet set, double threshold) => Fraction(set, i => IsSilentFailure(set, i, threshold));

    /// <summary>True when image <paramref name="i"/> is wrong and more confident than <paramref name="threshold"/>.</summary>
    public static bool IsSilentFailure(PredictionSet set, int i, double threshold) => !set.IsCorrect(i) && set.Confidence(i) > threshold;

    /// <summary>More confident than <paramref name="threshold"/>, ÷ n.</summary>
    public static double Coverage(PredictionSet set, double threshold) => Fraction(set, i => set.Confidence(i) > threshold);

    /// <summary>Error among the covered; null when none is.</summary>
    public static double? SelectiveRisk(PredictionSet set, double threshold)
    {
        var coverage = Coverage(set, threshold);
        return coverage > 0 ? SilentFailureRate(set, threshold) / coverage : null;
    }

    /// <summary>
    /// Area under the ROC curve as the rank statistic of Mann and Whitney, ties counting half. Two classes: of class 1's
    /// probability; more: mean of one-versus-rest over the classes present. Null when fewer than two classes are present.
    /// </summary>
    public static double? Auc(PredictionSet set)
    {
        var present = Enumerable.Range(0, set.Count).Select(set.Label).Distinct().Order().ToList();
        if (present.Count < 2)
        {
            return null;
        }

        return set.Classes == 2 ? OneVersusRest(set, 1) : present.Average(k => OneVersusRest(set, k));
    }

    /// <summary>Expected calibration error over equal-width bins (low, high] of confidence (Naeini et al. 2015).</summary>
    public static double ExpectedCalibrationError(PredictionSet set, int bins = 15)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        RequireImages(set);
        var gaps = new double[bins];
        for (var i = 0; i < set.Count; i++)
        {
            var confidence = set.Confidence(i);
            var bin = Math.Clamp((int)Math.Ceiling(confidence * bins) - 1, 0, bins - 1);
            gaps[bin] += (set.IsCorrect(i) ? 1 : 0) - confidence;
        }

        return gaps.Sum(Math.Abs) / set.Count;
    }

    /// <summary>Mean −ln p(true class), in nats; probabilities are floored at 1e−12.</summary>
    public static double NegativeLogLikelihood(PredictionSet set) =>
        Mean(set, i => -Math.Log(Math.Max(set.Probabilities(i)[set.Label(i)], 1e-12)));

    /// <summary>Mean squared distance to the one-hot truth, summed over classes: 0 to 2 (Brier 1950).</summary>
    public static double BrierScore(PredictionSet set) => Mean(set, i =>
    {
        var sum = 0.0;
        var row = set.Probabilities(i);
        for (var k = 0; k < row.Length; k++)
        {
            var gap = row[k] - (k == set.Label(i) ? 1 : 0);
            sum += gap * gap;
        }

        return sum;
    });

    /// <summary>
    /// Area under risk–coverage: mean over i of the error among the i most confident (Geifman &amp; El-Yaniv 2017); ties keep
    /// the set's order. Lower is better.
    /// </summary>
    public static double AreaUnderRiskCoverage(PredictionSet set)
    {
        RequireImages(set);
        var (errors, area, taken) = (0, 0.0, 0);
        foreach (var i in Enumerable.Range(0, set.Count).OrderByDescending(set.Confidence))
        {
            errors += set.IsCorrect(i) ? 0 : 1;
            area += (double)errors / ++taken;
        }

        return area / set.Count;
    }

    /// <summary>Counts: rows are true classes, columns predicted ones.</summary>
    public static int[][] ConfusionMatrix(PredictionSet set)
    {
        var matrix = Enumerable.Range(0, set.Classes).Select(_ => new int[set.Classes]).ToArray();
        for (var i = 0; i < set.Count; i++)
        {
            matrix[set.Label(i)][set.Predicted(i)]++;
        }

        return matrix;
    }

    private static double OneVersusRest(PredictionSet set, int positive)
    {
        var order = Enumerable.Range(0, set.Count).OrderBy(i => set.Probabilities(i)[positive]).ToArray();
        var (rankSum, positives) = (0.0, 0L);
        for (var start = 0; start < order.Length;)
        {
            var score = set.Probabilities(order[start])[positive];
            var end = start;
            while (end < order.Length && set.Probabilities(order[end])[positive] == score)
            {
                end++;
            }

            // Tied images share the mean of their 1-based ranks.
            var rank = (start + 1 + end) / 2.0;
            for (; start < end; start++)
            {
                if (set.Label(order[start]) == positive)
                {
                    rankSum += rank;
                    positives++;
                }
            }
        }

        var negatives = set.Count - positives;
        return (rankSum - (positives * (positives + 1) / 2.0)) / ((double)positives * negatives);
    }

    private static double Fraction(PredictionSet set, Func<int, bool> holds) => Mean(set, i => holds(i) ? 1 : 0);

    private static double Mean(PredictionSet set, Func<int, double> value)
    {
        RequireImages(set);
        var sum = 0.0;
        for (var i = 0; i < set.Count; i++)
        {
            sum += value(i);
        }

        return sum / set.Count;
    }

    private static void RequireImages(PredictionSet set)
    {
        if (set.Count == 0)
        {
            throw new ArgumentException("There is nothing to measure: the set is empty.", nameof(set));
        }
    }
}
