using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Evaluation;

/// <summary>What is measured of a model.</summary>
public enum Measure
{
    /// <summary>Part of the images that is classified right.</summary>
    Accuracy,

    /// <summary>Of a class's images, the part that is recognised.</summary>
    Sensitivity,

    /// <summary>Of all other images, the part that is not taken for the class.</summary>
    Specificity,

    /// <summary>Area under the receiver operating characteristic.</summary>
    Auc,

    /// <summary>Part that is wrong and surer than the threshold.</summary>
    SilentFailureRate,

    /// <summary>Part that is surer than the threshold.</summary>
    Coverage,

    /// <summary>Area under the risk–coverage curve.</summary>
    Aurc,

    /// <summary>Expected calibration error over 15 bins.</summary>
    Ece,

    /// <summary>Part that is wrong and surer than the threshold of the model's certificate.</summary>
    CertifiedSilentFailureRate,

    /// <summary>Part that is surer than the threshold of the model's certificate.</summary>
    CertifiedCoverage,
}

/// <summary>A number and its doubt. Holds plain values, so that it can be stored and read back as JSON.</summary>
/// <param name="Measure">Of what.</param>
/// <param name="ClassIndex">The class that a sensitivity or specificity is about; null elsewhere.</param>
/// <param name="Value">Null where it cannot be told: of a class without images, and of all classes where <see cref="TestClasses"/> says so.</param>
/// <param name="Interval">95 % over patients; null with fewer than two.</param>
/// <param name="Count">Images that it is measured on.</param>
public sealed record MeasuredValue(Measure Measure, int? ClassIndex, double? Value, RateInterval? Interval, int Count)
{
    /// <summary>All measures of a set, in the order in which they are read.</summary>
    /// <param name="set">What a model says of n images.</param>
    /// <param name="patients">Patient of each.</param>
    /// <param name="threshold">Of confidence, for silent failures and coverage.</param>
    /// <param name="seed">Of the bootstrap.</param>
    /// <param name="certified">Threshold of the model's certificate, at which silent failures and coverage are measured too; null where it has none.</param>
    /// <exception cref="ArgumentException">The set is empty, or there is not one patient per image.</exception>
    public static IReadOnlyList<MeasuredValue> All(PredictionSet set, IReadOnlyList<string> patients, double threshold, ulong seed = 0, double? certified = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(patients);
        if (set.Count == 0 || patients.Count != set.Count)
        {
            throw new ArgumentException($"There are {patients.Count} patients' names for {set.Count} predictions.", nameof(patients));
        }

        int[] all = [.. Enumerable.Range(0, set.Count)];
        MeasuredValue Rate(Measure measure, int? classIndex, int[] images, Func<int, bool> isEvent)
        {
            var rate = ClusteredRate.Of(images, patients, isEvent, seed);
            return new MeasuredValue(measure, classIndex, rate.Value, rate.Interval, rate.Count);
        }

        var weighted = new WeightedMetrics(set);
        MeasuredValue Statistic(Measure measure, WeightedStatistic statistic) =>
            new(measure, null, statistic(Metrics.Ones(set)), PatientBootstrap.Interval(patients, statistic, seed), set.Count);

        var perClass = Enumerable.Range(0, set.Classes).SelectMany(k => (MeasuredValue[])
        [
            Rate(Measure.Sensitivity, k, [.. all.Where(i => set.Label(i) == k)], set.IsCorrect),
            Rate(Measure.Specificity, k, [.. all.Where(i => set.Label(i) != k)], i => set.Predicted(i) != k),
        ]);
        MeasuredValue[] ofCertificate = certified is not { } sure ? [] :
        [
            Rate(Measure.CertifiedSilentFailureRate, null, all, i => set.IsSilentFailure(i, sure)),
            Rate(Measure.CertifiedCoverage, null, all, i => set.IsCovered(i, sure)),
        ];
        MeasuredValue[] measures =
        [
            Rate(Measure.Accuracy, null, all, set.IsCorrect),
            .. perClass,
            Statistic(Measure.Auc, weighted.Auc),
            Rate(Measure.SilentFailureRate, null, all, i => set.IsSilentFailure(i, threshold)),
            Rate(Measure.Coverage, null, all, i => set.IsCovered(i, threshold)),
            Statistic(Measure.Aurc, weights => weighted.AreaUnderRiskCoverage(weights)),
            Statistic(Measure.Ece, weights => weighted.ExpectedCalibrationError(weights)),
            .. ofCertificate,
        ];
        return TestClasses.CanBeTold(all.CountBy(set.Label).Select(c => c.Value))
            ? measures
            : [.. measures.Select(m => m.ClassIndex is null ? m with { Value = null, Interval = null } : m)];
    }

    /// <summary>Why there are no figures, as sentences; null where there are, and where the classes were not measured each.</summary>
    /// <param name="measures">All measures of a set.</param>
    /// <param name="classNames">The classes' names.</param>
    public static string? Problem(IReadOnlyList<MeasuredValue> measures, IReadOnlyList<string> classNames)
    {
        int[] images = [.. measures.Where(m => m.Measure == Measure.Sensitivity).OrderBy(m => m.ClassIndex).Select(m => m.Count)];
        return images.Length == 0 ? null : TestClasses.Problem(images, classNames);
    }
}
