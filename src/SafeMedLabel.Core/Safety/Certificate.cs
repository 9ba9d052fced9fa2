using System.Text.Json.Serialization;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Safety;

/// <summary>
/// A promise about a model: answering only above <paramref name="Threshold"/>, and referring all else to an expert, it is silently wrong in at
/// most <paramref name="LargestRate"/> of the images of other patients like those of the calibration set.
/// </summary>
/// <param name="Threshold">Confidence above which the model answers; 0 where it may answer always.</param>
/// <param name="Coverage">Fraction of the calibration images that it answers.</param>
/// <param name="Count">Calibration images.</param>
/// <param name="Patients">
/// Patients that they come from; missing or 0 in a certificate of an early version, which did not count them and whose promise is void.
/// </param>
/// <param name="SilentFailures">Calibration images that it answers wrong.</param>
/// <param name="UpperBound">What the silent-failure rate is at most, with the confidence promised.</param>
/// <param name="LargestRate">α: the rate that is promised.</param>
/// <param name="Doubt">δ: the chance that the promise does not hold.</param>
public sealed record Certificate(
    [property: JsonRequired] double Threshold,
    [property: JsonRequired] double Coverage,
    [property: JsonRequired] int Count,
    int Patients,
    [property: JsonRequired] int SilentFailures,
    [property: JsonRequired] double UpperBound,
    [property: JsonRequired] double LargestRate,
    [property: JsonRequired] double Doubt)
{
    /// <summary>α where nobody asked for another.</summary>
    public const double UsualRate = 0.01;

    /// <summary>δ where nobody asked for another.</summary>
    public const double UsualDoubt = 0.05;

    /// <summary>The certificate where its promise is about new patients and its numbers can be those of a promise, else null.</summary>
    public static Certificate? Valid(Certificate? certificate) => certificate is { Patients: > 0 } && certificate.IsSound() ? certificate : null;

    /// <summary>
    /// True where every number lies in its range: what <see cref="Find"/> may return, and what an early version returned. A certificate that was read
    /// from somewhere may hold anything.
    /// </summary>
    public bool IsSound() =>
        Threshold is >= 0 and <= 1 && Coverage is >= 0 and <= 1
        && Count >= 1 && Patients >= 0 && Patients <= Count && SilentFailures >= 0 && SilentFailures <= Count
        && LargestRate is > 0 and < 1 && Doubt is > 0 and < 1 && UpperBound >= 0 && UpperBound <= LargestRate;

    /// <summary>True where a measured silent-failure rate lies above what is promised beyond chance: the whole of its 95 % interval does.</summary>
    public bool IsBrokenBy(RateInterval? measured) => measured?.Low > LargestRate;

    /// <summary>
    /// The smallest threshold whose silent-failure rate, among images of other patients, has an upper confidence bound of at most
    /// <paramref name="largestRate"/>. Thresholds are tried from 1 downwards until one fails. As the rate only grows on the way, a promise can
    /// be broken only by the first threshold whose true rate is too large, and that one passes with a chance of <paramref name="doubt"/> at
    /// most: trying many costs nothing (fixed-sequence testing; Bates et al., <em>Journal of the ACM</em> 68, 2021, for monotone risks).
    /// </summary>
    /// <remarks>
    /// How far patients differ is read from the silent failures themselves and from all mistakes, and the larger is taken: above a high threshold
    /// there are too few to tell.
    /// </remarks>
    /// <param name="calibration">Images that neither training nor the choice of an epoch has seen.</param>
    /// <param name="patients">Patient of each image.</param>
    /// <param name="largestRate">α, above 0 and below 1.</param>
    /// <param name="doubt">δ, above 0 and below 1.</param>
    /// <returns>The certificate, or null where no threshold qualifies: there are too few images or patients to promise that much.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rate is out of its range.</exception>
    /// <exception cref="ArgumentException">There are not as many patients' names as images.</exception>
    public static Certificate? Find(PredictionSet calibration, IReadOnlyList<string> patients, double largestRate, double doubt)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        ArgumentNullException.ThrowIfNull(patients);
        if (largestRate is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(largestRate), largestRate, "A rate to promise lies between 0 and 1.");
        }

        if (patients.Count != calibration.Count)
        {
            throw new ArgumentException($"There are {patients.Count} patients' names for {calibration.Count} predictions.", nameof(patients));
        }

        var (mistakes, silent) = (new PatientCounts(patients), new PatientCounts(patients));
        int[] wrong = [.. Enumerable.Range(0, calibration.Count).Where(i => !calibration.IsCorrect(i))];
        Array.ForEach(wrong, mistakes.Add);
        var spread = mistakes.Spread();
        double Bound() => silent.UpperBound(doubt, Math.Max(spread, silent.Spread()));

        var (threshold, events, bound) = (0.0, 0, Bound());
        if (bound > largestRate)
        {
            return null;
        }

        // Mistakes that are as sure as each other stay or are referred together: not above their own confidence.
        foreach (var asSure in wrong.GroupBy(calibration.Confidence).OrderByDescending(group => group.Key))
        {
            Array.ForEach([.. asSure], silent.Add);
            var next = Bound();
            if (next > largestRate)
            {
                threshold = asSure.Key;
                break;
            }

            (events, bound) = (silent.Events, next);
        }

        return new Certificate(
            threshold, Metrics.Coverage(calibration, threshold), calibration.Count, silent.Patients, events, bound, largestRate, doubt);
    }
}
