using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Core.Tests.Evaluation;

public sealed class OperatingPointTests
{
    [Theory]
    [InlineData(0.25, 0.9)]
    [InlineData(0.5, 0.8)]
    [InlineData(0.6, 0.7)]
    [InlineData(1, 0.6)]
    public void On_the_calibration_set_itself_just_the_wanted_number_is_answered(double coverage, double leastSure)
    {
        var set = Set((0, 0.9), (0, 0.8), (1, 0.7), (0, 0.6));

        var point = OperatingPoint.At(set, set, coverage);

        Assert.Equal(Math.Ceiling(coverage * 4) / 4, point.Coverage);
        Assert.InRange(point.Threshold, leastSure - 1e-6, leastSure);
    }

    [Fact]
    public void The_threshold_comes_from_the_one_set_and_the_figures_from_the_other()
    {
        var calibration = Set((0, 0.9), (0, 0.8), (0, 0.7), (0, 0.6));
        var measured = Set((1, 0.95), (0, 0.85), (1, 0.65), (0, 0.55));

        var point = OperatingPoint.At(calibration, measured, 0.5);

        Assert.Equal((0.5, 0.25, 0.5), (point.Coverage, point.SilentFailureRate, point.SelectiveRisk));
    }

    [Fact]
    public void Where_no_image_is_answered_there_is_no_selective_risk() =>
        Assert.Equal((0.0, null), (OperatingPoint.At(Set((0, 0.99)), Set((0, 0.6)), 1).Coverage, OperatingPoint.At(Set((0, 0.99)), Set((0, 0.6)), 1).SelectiveRisk));

    [Theory]
    [InlineData(0)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_coverage_that_cannot_be_is_refused(double coverage) =>
        Assert.Throws<ArgumentException>(() => OperatingPoint.At(Set((0, 0.9)), Set((0, 0.9)), coverage));

    /// <summary>Images that the model calls class 0 with a confidence.</summary>
    private static PredictionSet Set(params (int Label, double Confidence)[] images) =>
        new(2, [.. images.Select(i => i.Label)], images.SelectMany(i => new[] { i.Confidence, 1 - i.Confidence }).ToArray());
}
