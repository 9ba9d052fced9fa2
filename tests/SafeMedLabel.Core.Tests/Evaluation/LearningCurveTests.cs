using FsCheck.Xunit;
using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Core.Tests.Evaluation;

public sealed class LearningCurveTests
{
    /// <summary>
    /// At 100, 200, 400 and 800 labels: log₂ is k, k + 1, k + 2, k + 3. Values 8, 7, 4, 3 have slope −9 ÷ 5 = −1.8, residuals −0.2, 0.6, −0.6, 0.2 with a
    /// sum of squares of 0.8, a standard error of √(0.8 ÷ 2 ÷ 5) = 0.28284, and Student's t of 2 degrees of freedom is 4.302653.
    /// </summary>
    [Fact]
    public void A_doubling_is_worth_the_slope_of_least_squares_with_students_interval()
    {
        var curve = LearningCurve.Fit([(100, 8), (200, 7), (400, 4), (800, 3)])!;

        var (change, margin) = curve.Change(800, 1600);
        Assert.Equal(-1.8, change, 1e-9);
        Assert.Equal(4.302652729749464 * Math.Sqrt(0.08), margin, 1e-6);
        Assert.Equal(8.2, curve.At(100), 1e-9);
        Assert.Equal(2.8 - 1.8, curve.At(1600), 1e-9);
    }

    [Property]
    public bool What_lies_on_a_curve_is_found_again_without_doubt(short intercept, short slope)
    {
        int[] labels = [50, 70, 300, 900, 5000];
        var curve = LearningCurve.Fit([.. labels.Select(n => (n, intercept + (slope * Math.Log2(n))))])!;

        var (change, margin) = curve.Change(900, 1800);
        return Math.Abs(change - slope) < 1e-6 && margin < 1e-6 && Math.Abs(curve.At(70) - intercept - (slope * Math.Log2(70))) < 1e-6;
    }

    [Fact]
    public void Three_rounds_or_rounds_on_as_many_labels_tell_no_trend()
    {
        Assert.Null(LearningCurve.Fit([(100, 8), (200, 7), (400, 4)]));
        Assert.Null(LearningCurve.Fit([(100, 8), (100, 7), (100, 4), (100, 3)]));
    }

    [Fact]
    public void A_round_without_labels_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningCurve.Fit([(0, 8), (200, 7), (400, 4), (800, 3)]));
}
