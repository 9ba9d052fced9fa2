using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Safety;

/// <summary>
/// A promise about a model: answering only above <paramref name="Threshold"/>, and referring all else to an expert, it is silently wrong in at
/// most <paramref name="LargestRate"/> of images like those of the calibration set.
/// </summary>
/// <param name="Threshold">Confidence above which the model answers; 0 where it may answer always.</param>
/// <param name="Coverage">Fraction of the calibration images that it answers.</param>
/// <param name="Count">Calibration images.</param>
/// <param name="SilentFailures">Calibration images that it answers wrong.</param>
/// <param name="UpperBound">What the silent-failure rate is at most, with the confidence promised.</param>
/// <param name="LargestRate">α: the rate that is promised.</param>
/// <param name="Doubt">δ: the chance that the promise does not hold.</param>
public sealed record Certificate(double Threshold, double Coverage, int Count, int SilentFailures, double UpperBound, double LargestRate, double Doubt)
{
    /// <summary>α where nobody asked for another.</summary>
    public const double UsualRate = 0.01;

    /// <summary>δ where nobody asked for another.</summary>
    public const double UsualDoubt = 0.05;

    /// <summary>
    /// The smallest threshold whose silent-failure rate has an exact upper confidence bound (Clopper and Pearson) of at most
    /// <paramref name="largestRate"/>. Thresholds are tried from 1 downwards until one fails. As the rate only grows on the way, a promise can
    /// be broken only by the first threshold whose true rate is too large, and that one passes with a chance of <paramref name="doubt"/> at
    /// most: trying many costs nothing (fixed-sequence testing; Bates et al., <em>Journal of the ACM</em> 68, 2021, for monotone risks).
    /// </summary>
    /// <remarks>
    /// Images are taken to be independent of each other. Those of one patient are not: the promise is then about images of these patients
    /// rather than of others, and weaker for others the fewer patients there are (docs/statistics.md has figures).
    /// </remarks>
    /// <param name="calibration">Images that neither training nor the choice of an epoch has seen.</param>
    /// <param name="largestRate">α, above 0 and below 1.</param>
    /// <param name="doubt">δ, above 0 and below 1.</param>
    /// <returns>The certificate, or null where no threshold qualifies: there are too few images to promise that much.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rate is out of its range.</exception>
    public static Certificate? Find(PredictionSet calibration, double largestRate, double doubt)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        if (largestRate is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(largestRate), largestRate, "A rate to promise lies between 0 and 1.");
        }

        if (calibration.Count == 0 || BinomialInterval.UpperBound(0, calibration.Count, doubt) > largestRate)
        {
            return null;
        }

        int[] wrong = [.. Enumerable.Range(0, calibration.Count).Where(i => !calibration.IsCorrect(i)).OrderByDescending(calibration.Confidence)];
        var allowed = MostAllowed(wrong.Length, calibration.Count, largestRate, doubt);
        // Not above its own confidence: the surest mistake that is one too many is referred, and what is as sure as it.
        var threshold = allowed == wrong.Length ? 0 : calibration.Confidence(wrong[allowed]);
        var silent = wrong.Count(i => calibration.IsCovered(i, threshold));
        return new Certificate(
            threshold,
            Metrics.Coverage(calibration, threshold),
            calibration.Count,
            silent,
            BinomialInterval.UpperBound(silent, calibration.Count, doubt),
            largestRate,
            doubt);
    }

    /// <summary>The most mistakes, up to <paramref name="mistakes"/>, whose upper bound is not above the rate; none's is not.</summary>
    private static int MostAllowed(int mistakes, int count, double largestRate, double doubt)
    {
        var (allowed, tooMany) = (0, mistakes + 1);
        while (tooMany - allowed > 1)
        {
            var middle = (allowed + tooMany) / 2;
            (allowed, tooMany) = BinomialInterval.UpperBound(middle, count, doubt) <= largestRate ? (middle, tooMany) : (allowed, middle);
        }

        return allowed;
    }
}
