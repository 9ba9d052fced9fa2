using System.Globalization;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Evaluation;

/// <summary>
/// What is reported of one model on one set: the numbers of the dashboards, the command line and a round's record. Holds plain values,
/// so that it can be stored and read back as JSON.
/// </summary>
public sealed record EvaluationReport
{
    /// <summary>The confidence thresholds t that silent failures and coverage are reported at.</summary>
    public static IReadOnlyList<double> Thresholds { get; } = [0.70, 0.75, 0.80, 0.85, 0.90, 0.95];

    /// <summary>Number of images measured.</summary>
    public required int Count { get; init; }

    /// <summary>Number of patients that these images come from.</summary>
    public required int Patients { get; init; }

    /// <summary>Fraction of images classified right.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Area under the receiver operating characteristic; null where only one class was present.</summary>
    public required double? Auc { get; init; }

    /// <summary>Silent-failure rate by threshold; keys as <see cref="Key"/> writes them.</summary>
    public required IReadOnlyDictionary<string, double> SilentFailureRate { get; init; }

    /// <summary>
    /// For each true class, of its images, the fraction that is wrong and above each threshold: a missed parasite is not the mistake that
    /// a false alarm is. Null for a class without images; keys as <see cref="Key"/> writes them.
    /// </summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, double>?> SilentFailureRateByClass { get; init; }

    /// <summary>Fraction of images with a confidence above each threshold; keys as <see cref="Key"/> writes them.</summary>
    public required IReadOnlyDictionary<string, double> Coverage { get; init; }

    /// <summary>K×K counts: row = true class, column = predicted class.</summary>
    public required int[][] Confusion { get; init; }

    /// <summary>Expected calibration error over 15 bins.</summary>
    public required double Ece { get; init; }

    /// <summary>Area under the risk–coverage curve.</summary>
    public required double Aurc { get; init; }

    /// <summary>95 % interval of the accuracy, as <see cref="ClusteredRate"/> finds it; null with fewer than two patients.</summary>
    public required RateInterval? AccuracyInterval { get; init; }

    /// <summary>The same for each silent-failure rate; empty with fewer than two patients.</summary>
    public required IReadOnlyDictionary<string, RateInterval> SilentFailureInterval { get; init; }

    /// <summary>How many images each class has.</summary>
    public IReadOnlyList<int> ClassCounts => [.. Confusion.Select(ofClass => ofClass.Sum())];

    /// <summary>Measures a set.</summary>
    /// <param name="set">Predictions for n images.</param>
    /// <param name="patients">Patient of each image.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">The set is empty, or there is not one patient per image.</exception>
    public static EvaluationReport From(PredictionSet set, IReadOnlyList<string> patients, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(patients);
        if (set.Count == 0)
        {
            throw new ArgumentException("The set of predictions is empty; there is nothing to evaluate.", nameof(set));
        }

        if (patients.Count != set.Count)
        {
            throw new ArgumentException($"There are {patients.Count} patients' names for {set.Count} predictions.", nameof(patients));
        }

        int[] all = [.. Enumerable.Range(0, set.Count)];
        RateInterval? IntervalOf(Func<int, bool> isEvent) => ClusteredRate.Of(all, patients, isEvent, seed).Interval;
        var intervals = new SortedDictionary<string, RateInterval>(StringComparer.Ordinal);
        foreach (var threshold in Thresholds)
        {
            if (IntervalOf(i => set.IsSilentFailure(i, threshold)) is { } interval)
            {
                intervals[Key(threshold)] = interval;
            }
        }

        return new EvaluationReport
        {
            Count = set.Count,
            Patients = patients.Distinct(StringComparer.Ordinal).Count(),
            Accuracy = Metrics.Accuracy(set),
            Auc = Metrics.Auc(set),
            SilentFailureRate = ByThreshold(threshold => Metrics.SilentFailureRate(set, threshold)),
            SilentFailureRateByClass = [.. Enumerable.Range(0, set.Classes).Select(k => OfClass(set, k))],
            Coverage = ByThreshold(threshold => Metrics.Coverage(set, threshold)),
            Confusion = Metrics.ConfusionMatrix(set),
            Ece = Metrics.ExpectedCalibrationError(set),
            Aurc = Metrics.AreaUnderRiskCoverage(set),
            AccuracyInterval = IntervalOf(set.IsCorrect),
            SilentFailureInterval = intervals,
        };
    }

    /// <summary>The key of a threshold in the report's dictionaries: two decimals, as in "0.90".</summary>
    public static string Key(double threshold) => threshold.ToString("0.00", CultureInfo.InvariantCulture);

    private static SortedDictionary<string, double>? OfClass(PredictionSet set, int classIndex)
    {
        int[] images = [.. Enumerable.Range(0, set.Count).Where(i => set.Label(i) == classIndex)];
        return images.Length == 0 ? null : ByThreshold(threshold => (double)images.Count(i => set.IsSilentFailure(i, threshold)) / images.Length);
    }

    private static SortedDictionary<string, double> ByThreshold(Func<double, double> rate) =>
        new(Thresholds.ToDictionary(Key, rate), StringComparer.Ordinal);
}
