using System.Text.Json;
using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Core.Tests.Evaluation;

public class EvaluationReportTests
{
    private static readonly string[] Keys = ["0.70", "0.75", "0.80", "0.85", "0.90", "0.95"];

    [Fact]
    public void A_report_holds_every_threshold_in_ascending_order()
    {
        var report = EvaluationReport.From(Predictions.Random(1, 40, 2), Patients(40, 4));

        Assert.Equal(40, report.Count);
        Assert.Equal(4, report.Patients);
        Assert.Equal(Keys, report.SilentFailureRate.Keys);
        Assert.Equal(Keys, report.Coverage.Keys);
        Assert.Equal(Keys, report.SilentFailureInterval.Keys);
        Assert.All(Keys, key => Assert.InRange(
            report.SilentFailureRate[key], report.SilentFailureInterval[key].Low, report.SilentFailureInterval[key].High));
        Assert.InRange(report.Accuracy, report.AccuracyInterval!.Value.Low, report.AccuracyInterval.Value.High);
    }

    [Fact]
    public void No_mistake_among_a_few_images_does_not_mean_that_there_is_none()
    {
        var report = EvaluationReport.From(Predictions.Binary([.. Enumerable.Range(0, 20).Select(i => (i % 2, (double)(i % 2)))]), Patients(20, 5));

        // The exact interval of twenty of twenty: from 0.025 to the power of 1/20.
        Assert.Equal(1, report.Accuracy);
        Assert.Equal(Math.Pow(0.025, 1 / 20.0), report.AccuracyInterval!.Value.Low, 1e-9);
        Assert.All(Keys, key => Assert.Equal(1 - Math.Pow(0.025, 1 / 20.0), report.SilentFailureInterval[key].High, 1e-9));
    }

    [Fact]
    public void A_single_patient_gives_rates_but_no_interval()
    {
        var report = EvaluationReport.From(Predictions.Random(1, 40, 2), Patients(40, 1));

        Assert.Null(report.AccuracyInterval);
        Assert.Empty(report.SilentFailureInterval);
        Assert.Equal(6, report.SilentFailureRate.Count);
    }

    [Fact]
    public void The_order_of_the_images_does_not_change_the_intervals()
    {
        var rows = Enumerable.Range(0, 60).Select(i => (Label: i % 2, Positive: (i * 37 % 60) / 60.0, Patient: $"P{i % 7}")).ToArray();
        var one = EvaluationReport.From(Predictions.Binary([.. rows.Select(r => (r.Label, r.Positive))]), [.. rows.Select(r => r.Patient)]);
        Array.Reverse(rows);
        var other = EvaluationReport.From(Predictions.Binary([.. rows.Select(r => (r.Label, r.Positive))]), [.. rows.Select(r => r.Patient)]);

        Assert.Equal(one.AccuracyInterval, other.AccuracyInterval);
        Assert.Equal(one.SilentFailureInterval, other.SilentFailureInterval);
    }

    [Fact]
    public void A_report_survives_being_stored_as_json()
    {
        var report = EvaluationReport.From(Predictions.Random(3, 50, 2), Patients(50, 5));
        var json = JsonSerializer.Serialize(report);
        var back = JsonSerializer.Deserialize<EvaluationReport>(json)!;

        Assert.Equal(json, JsonSerializer.Serialize(back));
        Assert.Equal(report.Auc, back.Auc);
        Assert.Equal(report.AccuracyInterval, back.AccuracyInterval);
        Assert.Contains("\"0.95\":", json, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_set_is_refused_with_a_sentence()
    {
        var empty = new PredictionSet(2, [], ReadOnlyMemory<double>.Empty);
        var error = Assert.Throws<ArgumentException>(() => EvaluationReport.From(empty, []));

        Assert.Contains("empty", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Patients_must_be_named_for_every_image()
    {
        Assert.Throws<ArgumentException>(() => EvaluationReport.From(Predictions.Random(1, 3, 2), ["a", "b"]));
    }

    private static string[] Patients(int count, int patients) => [.. Enumerable.Range(0, count).Select(i => $"P{i % patients}")];
}
