using System.Globalization;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Evaluation;

/// <summary>A model measured on a set it has not seen: the same figures for the command line, the worker and the dashboard.</summary>
public sealed record EvaluationReport
{
    /// <summary>The confidence thresholds of the sweep, .70 … .95.</summary>
    public static IReadOnlyList<double> Thresholds { get; } = [0.70, 0.75, 0.80, 0.85, 0.90, 0.95];

    /// <summary>Images.</summary>
    public required int Count { get; init; }

    /// <summary>Patients.</summary>
    public required int Patients { get; init; }

    /// <summary>Correct ÷ n.</summary>
    public required double Accuracy { get; init; }

    /// <summary>95 % interval over patients; null with fewer than two.</summary>
    public required RateInterval? AccuracyInterval { get; init; }

    /// <summary>Area under the ROC curve; null where fewer than two classes are present.</summary>
    public required double? Auc { get; init; }

    /// <summary>Silent-failure rate by threshold (<see cref="Key"/>).</summary>
    public required IReadOnlyDictionary<string, double> SilentFailureRate { get; init; }

    /// <summary>Its 95 % interval over patients by threshold; empty with fewer than two patients.</summary>
    public required IReadOnlyDictionary<string, RateInterval> SilentFailureInterval { get; init; }

    /// <summary>Coverage by threshold.</summary>
    public required IReadOnlyDictionary<string, double> Coverage { get; init; }

    /// <summary>Expected calibration error, 15 bins.</summary>
    public required double Ece { get; init; }

    /// <summary>Area under risk–coverage.</summary>
    public required double Aurc { get; init; }

    /// <summary>Counts: rows are true classes, columns predicted ones.</summary>
    public required int[][] Confusion { get; init; }

    /// <summary>A threshold as a key: two decimals, invariant.</summary>
    public static string Key(double threshold) => threshold.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Measures <paramref name="set"/>; <paramref name="patients"/> names each image's patient.</summary>
    /// <param name="set">Predictions.</param>
    /// <param name="patients">One an image.</param>
    /// <param name="extraThreshold">A threshold outside the sweep to measure too.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="ArgumentException">The set is empty, or the lists differ in length.</exception>
    public static EvaluationReport From(PredictionSet set, IReadOnlyList<string> patients, double? extraThreshold = null, ulong seed = 0)
    {
        if (patients.Count != set.Count)
        {
            throw new ArgumentException("Each image needs a patient.", nameof(patients));
        }

        var thresholds = extraThreshold is { } extra ? Thresholds.Append(extra).DistinctBy(Key).Order().ToList() : Thresholds;
        var intervals = thresholds.Select(t => (Key: Key(t), Interval: PatientBootstrap.Interval(patients, i => Metrics.IsSilentFailure(set, i, t), seed)));
        return new EvaluationReport
        {
            Count = set.Count,
            Patients = patients.Distinct(StringComparer.Ordinal).Count(),
            Accuracy = Metrics.Accuracy(set),
            AccuracyInterval = PatientBootstrap.Interval(patients, set.IsCorrect, seed),
            Auc = Metrics.Auc(set),
            SilentFailureRate = thresholds.ToDictionary(Key, t => Metrics.SilentFailureRate(set, t)),
            SilentFailureInterval = intervals.Where(i => i.Interval is not null).ToDictionary(i => i.Key, i => i.Interval!.Value),
            Coverage = thresholds.ToDictionary(Key, t => Metrics.Coverage(set, t)),
            Ece = Metrics.ExpectedCalibrationError(set),
            Aurc = Metrics.AreaUnderRiskCoverage(set),
            Confusion = Metrics.ConfusionMatrix(set),
        };
    }
}
