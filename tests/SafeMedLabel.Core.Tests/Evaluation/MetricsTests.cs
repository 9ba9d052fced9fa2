using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Evaluation;

public class MetricsTests
{
    private const double Tolerance = 1e-9;

    [Fact]
    public void A_silent_failure_is_wrong_and_above_the_threshold_not_at_it()
    {
        var set = Predictions.Binary((0, 0.99), (0, 0.8), (0, 0.6), (1, 0.99));

        Assert.Equal(0.25, Metrics.SilentFailureRate(set, 0.8), Tolerance);
        Assert.Equal(0.5, Metrics.SilentFailureRate(set, 0.79), Tolerance);
    }

    [Fact]
    public void A_confidence_that_a_network_gave_as_the_threshold_is_not_above_it()
    {
        var set = new PredictionSet(2, [0], new double[] { 0.2f, 0.8f });

        Assert.Equal(0, Metrics.Coverage(set, 0.8));
        Assert.Equal(1, Metrics.Coverage(set, 0.79));
    }

    [Fact]
    public void Selective_risk_is_the_error_among_the_covered_and_unknown_where_none_is()
    {
        var set = Predictions.Binary((0, 0.99), (1, 0.95), (1, 0.1), (0, 0.6));

        Assert.Equal(1 / 2.0, Metrics.SelectiveRisk(set, 0.9));
        Assert.Null(Metrics.SelectiveRisk(set, 0.995));
    }

    [Fact]
    public void The_area_under_the_curve_counts_pairs_in_the_right_order_and_ties_half()
    {
        // Positives .9 .5 .4, negatives .5 .2: five of six pairs, of which one is a tie, and one is in the wrong order.
        var set = Predictions.Binary((1, 0.9), (1, 0.5), (1, 0.4), (0, 0.5), (0, 0.2));

        Assert.Equal(4.5 / 6, Metrics.Auc(set)!.Value, Tolerance);
    }

    [Fact]
    public void With_three_classes_the_area_is_the_mean_over_the_classes_that_are_present()
    {
        var set = new PredictionSet(
            3,
            [0, 0, 1, 1],
            new[] { 0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0.4, 0.5, 0.1, 0.1, 0.8, 0.1 });

        // Class 0 against the rest: .8 .3 over .4 .1, 3 of 4. Class 1: .5 .8 over .1 .6, 3 of 4. Class 2 is absent.
        Assert.Equal(0.75, Metrics.Auc(set)!.Value, Tolerance);
    }

    [Fact]
    public void The_area_is_unknown_where_only_one_class_is_present()
    {
        Assert.Null(Metrics.Auc(Predictions.Binary((1, 0.9), (1, 0.2))));
    }

    [Fact]
    public void The_confusion_matrix_has_the_truth_in_rows_and_the_prediction_in_columns()
    {
        var matrix = Metrics.ConfusionMatrix(Predictions.Binary((0, 0.9), (0, 0.8), (0, 0.1), (1, 0.9), (1, 0.2)));

        Assert.Equal([[1, 2], [1, 1]], matrix);
    }

    [Fact]
    public void Risk_coverage_averages_the_error_from_the_surest_image_on()
    {
        // By confidence: right, wrong, right.
        var set = Predictions.Binary((1, 0.9), (0, 0.8), (1, 0.7));

        Assert.Equal((0 + (1 / 2.0) + (1 / 3.0)) / 3, Metrics.AreaUnderRiskCoverage(set), Tolerance);
    }

    [Fact]
    public void Calibration_error_weighs_each_bins_gap_by_its_images()
    {
        // Bin (9/15, 10/15]: confidence .65, half right; bin (13/15, 14/15]: confidence .9, right.
        var set = Predictions.Binary((1, 0.65), (0, 0.65), (1, 0.9), (1, 0.9));

        Assert.Equal((0.5 * 0.15) + (0.5 * 0.1), Metrics.ExpectedCalibrationError(set), Tolerance);
    }

    [Fact]
    public void An_empty_set_has_no_metric()
    {
        var empty = new PredictionSet(2, [], ReadOnlyMemory<double>.Empty);

        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => Metrics.Accuracy(empty)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Metrics.Auc(empty));
        Assert.Throws<ArgumentException>(() => Metrics.ExpectedCalibrationError(empty));
    }

    [Property]
    public bool Silent_failures_fall_as_the_threshold_rises(ulong seed, PositiveInt count, NormalFloat a, NormalFloat b)
    {
        var set = Predictions.Random(seed, count.Get, 2);
        var (low, high) = (Math.Min(a.Get, b.Get), Math.Max(a.Get, b.Get));
        return Metrics.SilentFailureRate(set, high) <= Metrics.SilentFailureRate(set, low)
            && Metrics.Coverage(set, high) <= Metrics.Coverage(set, low);
    }

    [Property]
    public void Silent_failures_are_mistakes_and_are_covered(ulong seed, PositiveInt count, bool threeClasses)
    {
        var set = Predictions.Random(seed, count.Get, threeClasses ? 3 : 2);

        Assert.Equal(1 - Metrics.Accuracy(set), Metrics.SilentFailureRate(set, 0), Tolerance);
        foreach (var threshold in EvaluationReport.Thresholds)
        {
            var silent = Metrics.SilentFailureRate(set, threshold);
            Assert.True(silent <= 1 - Metrics.Accuracy(set) + Tolerance);
            Assert.Equal(silent, Metrics.Coverage(set, threshold) * (Metrics.SelectiveRisk(set, threshold) ?? 0), Tolerance);
        }
    }

    [Property]
    public void The_area_under_the_curve_depends_on_the_order_of_the_scores_alone(ulong seed, PositiveInt count)
    {
        var set = Predictions.Random(seed, count.Get, 2);
        var squeezed = Predictions.Binary(
            [.. Enumerable.Range(0, set.Count).Select(i => (set.Label(i), Math.Pow(set.Probabilities(i)[1], 3)))]);

        Assert.Equal(Metrics.Auc(set) ?? -1, Metrics.Auc(squeezed) ?? -1, Tolerance);
    }

    [Property]
    public void Naming_the_classes_the_other_way_round_changes_nothing(ulong seed, PositiveInt count)
    {
        var set = Predictions.Random(seed, count.Get, 2);
        var renamed = Predictions.Binary(
            [.. Enumerable.Range(0, set.Count).Select(i => (1 - set.Label(i), set.Probabilities(i)[0]))]);

        Assert.Equal(Metrics.Auc(set) ?? -1, Metrics.Auc(renamed) ?? -1, Tolerance);
        Assert.Equal(Metrics.BrierScore(set), Metrics.BrierScore(renamed), Tolerance);
        Assert.Equal(Metrics.NegativeLogLikelihood(set), Metrics.NegativeLogLikelihood(renamed), Tolerance);
    }

    [Property]
    public void The_confusion_matrix_holds_every_image_once_and_the_right_ones_on_its_diagonal(ulong seed, PositiveInt count)
    {
        var set = Predictions.Random(seed, count.Get, 3);
        var matrix = Metrics.ConfusionMatrix(set);

        Assert.Equal(set.Count, matrix.Sum(row => row.Sum()));
        Assert.Equal(Metrics.Accuracy(set), (matrix[0][0] + matrix[1][1] + matrix[2][2]) / (double)set.Count, Tolerance);
    }

    [Property]
    public void The_order_of_the_images_changes_no_measure(ulong seed, PositiveInt count, bool threeClasses)
    {
        var set = Predictions.Random(seed, count.Get, threeClasses ? 3 : 2);
        int[] order = [.. Enumerable.Range(0, set.Count)];
        new SeededRandom(seed, "order").Shuffle<int>(order);
        var shuffled = new PredictionSet(set.Classes, [.. order.Select(set.Label)], order.SelectMany(i => set.Probabilities(i).ToArray()).ToArray());

        Assert.Equal(OrderlessMeasures(set), OrderlessMeasures(shuffled), (a, b) => Math.Abs(a - b) < Tolerance);
        Assert.Equal(Metrics.ConfusionMatrix(set), Metrics.ConfusionMatrix(shuffled));
    }

    [Property]
    public void Every_measure_lies_in_its_bounds(ulong seed, PositiveInt count, bool threeClasses)
    {
        var set = Predictions.Random(seed, count.Get, threeClasses ? 3 : 2);
        var error = 1 - Metrics.Accuracy(set);

        Assert.All(OrderlessMeasures(set)[..^1], value => Assert.InRange(value, 0, 1));
        Assert.InRange(Metrics.NegativeLogLikelihood(set), 0, double.PositiveInfinity);
        Assert.True(Metrics.SilentFailureRate(set, 0.6) <= error + Tolerance);
        Assert.InRange(Metrics.AreaUnderRiskCoverage(set), BestArea(set), 1);
    }

    [Property]
    public void Images_that_tie_are_covered_together(ulong seed, PositiveInt count, byte wanted)
    {
        var set = Predictions.Random(seed, count.Get, 2);
        var coverage = (wanted + 1) / 256.0;
        var point = OperatingPoint.At(set, set, coverage);
        double[] covered = [.. Enumerable.Range(0, set.Count).Where(i => set.IsCovered(i, point.Threshold)).Select(set.Confidence)];

        Assert.True(covered.Length >= coverage * set.Count);
        Assert.True(covered.Count(c => c > covered.Min()) < coverage * set.Count);
        Assert.Equal(Enumerable.Range(0, set.Count).Count(i => set.Confidence(i) >= covered.Min()), covered.Length);
    }

    /// <summary>The measures that equal confidences leave no freedom in; the log-likelihood, which is not bounded by 1, is the last.</summary>
    private static double[] OrderlessMeasures(PredictionSet set) =>
    [
        Metrics.Accuracy(set), Metrics.Auc(set) ?? 0, Metrics.SilentFailureRate(set, 0.6), Metrics.Coverage(set, 0.6), Metrics.SelectiveRisk(set, 0.6) ?? 0,
        Metrics.ExpectedCalibrationError(set), Metrics.BrierScore(set), Metrics.NegativeLogLikelihood(set),
    ];

    /// <summary>The area where every mistake comes after all that is right.</summary>
    private static double BestArea(PredictionSet set)
    {
        var right = Enumerable.Range(0, set.Count).Count(set.IsCorrect);
        return Enumerable.Range(right + 1, set.Count - right).Sum(covered => (double)(covered - right) / covered) / set.Count - Tolerance;
    }
}
