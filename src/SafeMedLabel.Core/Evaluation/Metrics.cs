namespace SafeMedLabel.Core.Evaluation;

/// <summary>
/// Measures of a classifier on a <see cref="PredictionSet"/>. Pure functions; each throws <see cref="ArgumentException"/> on an empty
/// set, of which no rate can be told.
/// </summary>
public static class Metrics
{
    /// <summary>Bins of the calibration error where nobody asks for others.</summary>
    internal const int CalibrationBins = 15;

    /// <summary>A probability of zero would make the logarithm infinite; the smallest that is told apart from it.</summary>
    private const double SmallestProbability = 1e-12;

    /// <summary>Fraction of images whose most probable class is the true one.</summary>
    public static double Accuracy(PredictionSet set) => Fraction(set, set.IsCorrect);

    /// <summary>
    /// Area under the receiver operating characteristic: the chance that a random positive scores above a random negative, ties
    /// counting half (Mann and Whitney). For K = 2 of the score of class 1; for K > 2 the mean, over the classes that are present, of
    /// one class against the rest.
    /// </summary>
    /// <returns>In [0, 1], or null where all images are of one class.</returns>
    public static double? Auc(PredictionSet set)
    {
        RequireAny(set);

        return new WeightedMetrics(set).Auc(Ones(set));
    }

    /// <summary>
    /// Silent-failure rate: count(wrong and confidence > <paramref name="threshold"/>) ÷ n. The mistakes that nobody would look at.
    /// </summary>
    public static double SilentFailureRate(PredictionSet set, double threshold) =>
        Fraction(set, i => set.IsSilentFailure(i, threshold));

    /// <summary>Fraction of images with a confidence above <paramref name="threshold"/>.</summary>
    public static double Coverage(PredictionSet set, double threshold) => Fraction(set, i => set.IsCovered(i, threshold));

    /// <summary>Fraction of mistakes among the images with a confidence above <paramref name="threshold"/>; null where there is none.</summary>
    public static double? SelectiveRisk(PredictionSet set, double threshold)
    {
        RequireAny(set);

        var covered = 0;
        var wrong = 0;
        for (var i = 0; i < set.Count; i++)
        {
            if (set.IsCovered(i, threshold))
            {
                covered++;
                wrong += set.IsCorrect(i) ? 0 : 1;
            }
        }

        return covered == 0 ? null : (double)wrong / covered;
    }

    /// <summary>
    /// Expected calibration error: |accuracy − mean confidence| over equal bins (lo, hi] of the confidence, weighted by their images
    /// (Guo et al. 2017). Edges are single precision, as in <see cref="PredictionSet.IsCovered"/>.
    /// </summary>
    public static double ExpectedCalibrationError(PredictionSet set, int bins = CalibrationBins)
    {
        RequireAny(set);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);

        return new WeightedMetrics(set, bins).ExpectedCalibrationError(Ones(set));
    }

    /// <summary>Mean of −ln p(true class), in nats; probabilities below 1e-12 count as that.</summary>
    public static double NegativeLogLikelihood(PredictionSet set) =>
        Mean(set, i => -Math.Log(Math.Clamp(set.Probabilities(i)[set.Label(i)], SmallestProbability, 1)));

    /// <summary>
    /// Brier score: mean of ½·Σ_k (p_k − [k is the true class])², in [0, 1]. For K = 2 that is the familiar (p_1 − label)².
    /// </summary>
    public static double BrierScore(PredictionSet set) => Mean(set, i =>
    {
        var sum = 0.0;
        var probabilities = set.Probabilities(i);
        for (var k = 0; k < probabilities.Length; k++)
        {
            var difference = probabilities[k] - (k == set.Label(i) ? 1 : 0);
            sum += difference * difference;
        }

        return sum / 2;
    });

    /// <summary>
    /// Area under the risk–coverage curve (AURC): the mean, over i = 1 … n, of the error among the i most confident images; equal
    /// confidences in their given order (Geifman and El-Yaniv 2017). In [0, 1]; low where mistakes come with low confidence.
    /// </summary>
    public static double AreaUnderRiskCoverage(PredictionSet set)
    {
        RequireAny(set);

        return new WeightedMetrics(set).AreaUnderRiskCoverage(Ones(set));
    }

    /// <summary>
    /// The risk–coverage curve: the error among the surest part of the images, for each coverage; equal confidences in their given order.
    /// </summary>
    /// <param name="set">Predictions.</param>
    /// <param name="coverages">Above 0, up to 1; rounded to whole images, at least one.</param>
    public static IReadOnlyList<double> RiskAtCoverage(PredictionSet set, IReadOnlyList<double> coverages)
    {
        RequireAny(set);
        ArgumentNullException.ThrowIfNull(coverages);

        var wrong = 0;
        int[] wrongUpTo = [.. Enumerable.Range(0, set.Count).OrderByDescending(set.Confidence).Select(i => wrong += set.IsCorrect(i) ? 0 : 1)];
        return [.. coverages.Select(coverage => Math.Max(1, (int)Math.Round(coverage * set.Count))).Select(covered => (double)wrongUpTo[covered - 1] / covered)];
    }

    /// <summary>K×K counts: row = true class, column = predicted class.</summary>
    public static int[][] ConfusionMatrix(PredictionSet set)
    {
        RequireAny(set);

        var matrix = new int[set.Classes][];
        for (var k = 0; k < matrix.Length; k++)
        {
            matrix[k] = new int[set.Classes];
        }

        for (var i = 0; i < set.Count; i++)
        {
            matrix[set.Label(i)][set.Predicted(i)]++;
        }

        return matrix;
    }

    /// <summary>Each image counts once.</summary>
    internal static int[] Ones(PredictionSet set) => [.. Enumerable.Repeat(1, set.Count)];

    private static double Fraction(PredictionSet set, Func<int, bool> counts)
    {
        RequireAny(set);

        var count = 0;
        for (var i = 0; i < set.Count; i++)
        {
            count += counts(i) ? 1 : 0;
        }

        return (double)count / set.Count;
    }

    private static double Mean(PredictionSet set, Func<int, double> value)
    {
        RequireAny(set);

        var sum = 0.0;
        for (var i = 0; i < set.Count; i++)
        {
            sum += value(i);
        }

        return sum / set.Count;
    }

    private static void RequireAny(PredictionSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (set.Count == 0)
        {
            throw new ArgumentException("The set of predictions is empty; there is nothing to measure.", nameof(set));
        }
    }
}
