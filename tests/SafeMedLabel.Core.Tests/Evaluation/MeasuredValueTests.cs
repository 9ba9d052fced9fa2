using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Evaluation;

public sealed class MeasuredValueTests
{
    private const double Tolerance = 1e-9;
    private const ulong Seed = 7;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void An_interval_of_an_area_or_a_calibration_error_is_that_of_the_patients_images_written_out_as_often_as_they_are_drawn(int classes)
    {
        var (set, patients) = Drawn(classes, count: 60, patientCount: 6, seed: 1);

        var values = MeasuredValue.All(set, patients, 0.8, Seed);

        Assert.All(
            (IEnumerable<(Measure, Func<PredictionSet, double?>)>)
            [
                (Measure.Auc, Metrics.Auc),
                (Measure.Aurc, s => Metrics.AreaUnderRiskCoverage(s)),
                (Measure.Ece, s => Metrics.ExpectedCalibrationError(s)),
            ],
            expected =>
            {
                var (measure, metric) = expected;
                var own = values.Single(v => v.Measure == measure);
                var written = PatientBootstrap.Interval(patients, weights => metric(Repeated(set, weights)), Seed)!.Value;
                Assert.Equal(metric(set)!.Value, own.Value!.Value, Tolerance);
                Assert.Equal(written.Low, own.Interval!.Value.Low, Tolerance);
                Assert.Equal(written.High, own.Interval.Value.High, Tolerance);
            });
    }

    [Fact]
    public void Of_two_classes_the_specificity_of_one_is_the_sensitivity_of_the_other()
    {
        var (set, patients) = Drawn(classes: 2, count: 80, patientCount: 5, seed: 2);

        var values = MeasuredValue.All(set, patients, 0.8, Seed);

        MeasuredValue Of(Measure measure, int k) => values.Single(v => v.Measure == measure && v.ClassIndex == k);
        Assert.Equal(Of(Measure.Sensitivity, 1), Of(Measure.Specificity, 0) with { Measure = Measure.Sensitivity, ClassIndex = 1 });
        Assert.Equal(Of(Measure.Sensitivity, 0), Of(Measure.Specificity, 1) with { Measure = Measure.Sensitivity, ClassIndex = 0 });
        Assert.Equal(set.Count, Of(Measure.Sensitivity, 0).Count + Of(Measure.Sensitivity, 1).Count);
    }

    [Theory]
    [InlineData(0, "Among the test images there is no image of 'sick': no figure would say how well the model tells the classes apart.")]
    [InlineData(1, "Among the test images there is one image of 'sick': no figure would say how well the model tells the classes apart.")]
    [InlineData(2, null)]
    public void Without_two_images_of_two_classes_only_what_is_of_one_class_is_told(int positives, string? problem)
    {
        int[] labels = [.. Enumerable.Range(0, 20).Select(i => i < positives ? 1 : 0)];
        var set = new PredictionSet(2, labels, labels.SelectMany(label => new[] { 1.0 - label, label }).ToArray());

        var values = MeasuredValue.All(set, [.. labels.Select((_, i) => $"P{i % 5}")], 0.8, certified: 0.9);

        Assert.Equal(problem, MeasuredValue.Problem(values, ["well", "sick"]));
        Assert.Equal(problem is null, values.Where(v => v.ClassIndex is null).All(v => v.Value is not null));
        Assert.All(values.Where(v => v.ClassIndex is null && problem is not null), v => Assert.Equal((null, null), (v.Value, v.Interval)));
        Assert.Equal(1, values.Single(v => v.Measure == Measure.Sensitivity && v.ClassIndex == 0).Value);
    }

    [Fact]
    public void Of_several_classes_a_rare_one_does_not_take_the_figures_of_the_others()
    {
        var set = new PredictionSet(3, [0, 0, 1, 1], new double[] { 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0 });

        Assert.Equal(1, MeasuredValue.All(set, ["A", "B", "C", "D"], 0.8).Single(v => v.Measure == Measure.Accuracy).Value);
    }

    [Fact]
    public void No_silent_failure_among_a_few_images_does_not_mean_that_there_is_none()
    {
        var set = new PredictionSet(2, [0, 1, 0, 1], new double[] { 0.9, 0.1, 0.1, 0.9, 0.9, 0.1, 0.1, 0.9 });

        var rate = MeasuredValue.All(set, ["A", "A", "B", "B"], 0.8).Single(v => v.Measure == Measure.SilentFailureRate);

        // The exact interval of none of four: 1 − 0.025^¼.
        Assert.Equal((0.0, 0.0), (rate.Value!.Value, rate.Interval!.Value.Low));
        Assert.Equal(1 - Math.Pow(0.025, 0.25), rate.Interval.Value.High, Tolerance);
    }

    [Fact]
    public void A_certified_model_is_measured_at_its_own_threshold_too()
    {
        var (set, patients) = Drawn(classes: 2, count: 80, patientCount: 5, seed: 3);

        var values = MeasuredValue.All(set, patients, 0.8, Seed, certified: 0.6);

        Assert.Equal(Metrics.SilentFailureRate(set, 0.6), values.Single(v => v.Measure == Measure.CertifiedSilentFailureRate).Value);
        Assert.Equal(Metrics.Coverage(set, 0.6), values.Single(v => v.Measure == Measure.CertifiedCoverage).Value);
        Assert.Equal(values.SkipLast(2), MeasuredValue.All(set, patients, 0.8, Seed));
    }

    [Fact]
    public void What_cannot_be_told_is_null_a_class_without_images_and_an_interval_of_one_patient()
    {
        var set = new PredictionSet(2, [0, 0], new double[] { 0.9, 0.1, 0.3, 0.7 });

        var values = MeasuredValue.All(set, ["A", "A"], 0.8);

        Assert.Equal((null, 0), (values.Single(v => v is { Measure: Measure.Sensitivity, ClassIndex: 1 }).Value, values.Single(v => v is { Measure: Measure.Sensitivity, ClassIndex: 1 }).Count));
        Assert.Null(values.Single(v => v.Measure == Measure.Auc).Value);
        Assert.All(values, v => Assert.Null(v.Interval));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(15)]
    public void The_gaps_of_a_reliability_diagram_weighted_by_their_images_are_the_calibration_error(int bins)
    {
        var (set, _) = Drawn(classes: 3, count: 200, patientCount: 5, seed: 3);

        var diagram = ConfidenceBin.Of(set, bins);

        Assert.Equal(Metrics.ExpectedCalibrationError(set, bins), diagram.Sum(b => b.Count * Math.Abs(b.Accuracy - b.Confidence)) / set.Count, Tolerance);
        Assert.All(diagram, b => Assert.InRange(b.Confidence, b.Low, b.High));
    }

    [Fact]
    public void The_mean_of_the_risk_coverage_curve_over_all_counts_is_the_area_under_it_and_its_end_is_the_error()
    {
        var (set, _) = Drawn(classes: 3, count: 90, patientCount: 5, seed: 4);

        var curve = Metrics.RiskAtCoverage(set, [.. Enumerable.Range(1, set.Count).Select(i => (double)i / set.Count)]);

        Assert.Equal(Metrics.AreaUnderRiskCoverage(set), curve.Average(), Tolerance);
        Assert.Equal(1 - Metrics.Accuracy(set), curve[^1], Tolerance);
    }

    private static PredictionSet Repeated(PredictionSet set, ReadOnlySpan<int> weights)
    {
        var (labels, probabilities) = (new List<int>(), new List<double>());
        for (var i = 0; i < weights.Length; i++)
        {
            for (var copy = 0; copy < weights[i]; copy++)
            {
                labels.Add(set.Label(i));
                probabilities.AddRange(set.Probabilities(i));
            }
        }

        return new PredictionSet(set.Classes, labels, probabilities.ToArray());
    }

    /// <summary>Predictions in steps of a twentieth, so that there are ties.</summary>
    private static (PredictionSet Set, string[] Patients) Drawn(int classes, int count, int patientCount, ulong seed)
    {
        var random = new SeededRandom(seed, "measured values");
        var probabilities = new List<double>();
        for (var i = 0; i < count; i++)
        {
            int[] parts = [.. Enumerable.Range(0, classes).Select(_ => random.NextInt(20) + 1)];
            probabilities.AddRange(parts.Select(p => (double)p / parts.Sum()));
        }

        return (
            new PredictionSet(classes, [.. Enumerable.Range(0, count).Select(_ => random.NextInt(classes))], probabilities.ToArray()),
            [.. Enumerable.Range(0, count).Select(_ => $"P{random.NextInt(patientCount)}")]);
    }
}
