using MathNet.Numerics.Distributions;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Experiments;

/// <summary>Two methods on the same seeds, by one measure: the tests of the evaluation protocol.</summary>
/// <param name="Method">The one.</param>
/// <param name="Baseline">The other.</param>
/// <param name="Measure">Name of the measure.</param>
/// <param name="MeanDifference">Mean over seeds of the one's value less the other's.</param>
/// <param name="TTestP">Two-sided p of the t-test with Nadeau and Bengio's correction; null with fewer than two seeds.</param>
/// <param name="WilcoxonP">Two-sided p of the exact signed-rank test.</param>
public sealed record MethodComparison(string Method, string Baseline, string Measure, double MeanDifference, double? TTestP, double WilcoxonP)
{
    /// <summary>Compares paired values, one a seed.</summary>
    /// <param name="method">The one.</param>
    /// <param name="baseline">The other.</param>
    /// <param name="measure">Name of the measure.</param>
    /// <param name="values">The one's values.</param>
    /// <param name="baselineValues">The other's, at the same index the same seed.</param>
    /// <param name="testToTraining">Test images for each training image.</param>
    /// <exception cref="ArgumentException">The lists are empty or differ in length.</exception>
    public static MethodComparison Of(
        string method, string baseline, string measure, IReadOnlyList<double> values, IReadOnlyList<double> baselineValues, double testToTraining)
    {
        if (values.Count == 0 || values.Count != baselineValues.Count)
        {
            throw new ArgumentException("A paired comparison needs as many values of the one method as of the other, and at least one.");
        }

        double[] differences = [.. values.Zip(baselineValues, (a, b) => a - b)];
        return new MethodComparison(
            method, baseline, measure, differences.Average(), CorrectedTTest(differences, testToTraining), WilcoxonSignedRank.PValue(differences));
    }

    /// <summary>
    /// Two-sided p of t = d̄ ÷ √((1/k + n₂/n₁)·s²) on k − 1 degrees of freedom (Nadeau &amp; Bengio 2003, Machine Learning 52:239–281):
    /// seeds share training images, so that their differences vary less than independent ones would. Null with fewer than two.
    /// </summary>
    private static double? CorrectedTTest(double[] differences, double testToTraining)
    {
        var k = differences.Length;
        if (k < 2)
        {
            return null;
        }

        var mean = differences.Average();
        var variance = differences.Sum(d => (d - mean) * (d - mean)) / (k - 1);
        if (variance == 0)
        {
            return mean == 0 ? 1 : 0;
        }

        var t = mean / Math.Sqrt(((1.0 / k) + testToTraining) * variance);
        return 2 * StudentT.CDF(0, 1, k - 1, -Math.Abs(t));
    }
}
