using System.Text.Json;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Core.Tests.Evaluation;

public class MetricsOracleTests
{
    private const double Tolerance = 1e-6;

    [Fact]
    public void Every_metric_agrees_with_the_independently_computed_values()
    {
        using var oracle = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("oracle/metrics.json")));
        var cases = oracle.RootElement.GetProperty("cases").EnumerateArray().ToArray();

        Assert.Equal(4, cases.Length);
        Assert.All(cases, Check);
    }

    private static void Check(JsonElement expected)
    {
        var labels = expected.GetProperty("labels").Deserialize<int[]>()!;
        var rows = expected.GetProperty("probabilities").Deserialize<double[][]>()!;
        var set = new PredictionSet(2, labels, rows.SelectMany(row => row).ToArray());

        Assert.Equal(expected.GetProperty("accuracy").GetDouble(), Metrics.Accuracy(set), Tolerance);
        Assert.Equal(expected.GetProperty("ece15").GetDouble(), Metrics.ExpectedCalibrationError(set), Tolerance);
        Assert.Equal(expected.GetProperty("nll").GetDouble(), Metrics.NegativeLogLikelihood(set), Tolerance);
        Assert.Equal(expected.GetProperty("brier").GetDouble(), Metrics.BrierScore(set), Tolerance);
        foreach (var threshold in EvaluationReport.Thresholds)
        {
            var sfr = expected.GetProperty("sfr").GetProperty(EvaluationReport.Key(threshold)).GetDouble();
            Assert.Equal(sfr, Metrics.SilentFailureRate(set, threshold), Tolerance);
        }

        var auc = expected.GetProperty("auc").Deserialize<double?>();
        Assert.Equal(auc is null, Metrics.Auc(set) is null);
        Assert.Equal(auc ?? 0, Metrics.Auc(set) ?? 0, Tolerance);

        // The oracle leaves the area out where equal confidences make it depend on their order.
        if (expected.GetProperty("aurc").Deserialize<double?>() is { } aurc)
        {
            Assert.Equal(aurc, Metrics.AreaUnderRiskCoverage(set), Tolerance);
        }
    }
}
