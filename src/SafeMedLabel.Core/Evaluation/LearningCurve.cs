using MathNet.Numerics.Distributions;

namespace SafeMedLabel.Core.Evaluation;

/// <summary>
/// How a measure changes with the number of labels n: a + b log₂ n, by least squares. Each doubling of the labels is worth b. Over the few rounds that a
/// project has it fits as well as a power law, whose third constant they could not tell.
/// </summary>
public sealed class LearningCurve
{
    /// <summary>Fewer rounds leave too little to tell a trend from chance.</summary>
    public const int FewestPoints = 4;

    private readonly double _slope;
    private readonly double _intercept;
    private readonly double _slopeMargin;

    private LearningCurve(double intercept, double slope, double slopeMargin) => (_intercept, _slope, _slopeMargin) = (intercept, slope, slopeMargin);

    /// <summary>Fits a curve.</summary>
    /// <param name="points">Labels, 1 or more, and the measure of the model trained on them.</param>
    /// <returns>The curve; null with fewer than <see cref="FewestPoints"/> points, or where all have as many labels.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A point has no label.</exception>
    public static LearningCurve? Fit(IReadOnlyList<(int Labels, double Value)> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        foreach (var (labels, _) in points)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(labels, 1, nameof(points));
        }

        if (points.Count < FewestPoints || points.All(p => p.Labels == points[0].Labels))
        {
            return null;
        }

        double[] x = [.. points.Select(p => Math.Log2(p.Labels))];
        double[] y = [.. points.Select(p => p.Value)];
        var (intercept, slope) = MathNet.Numerics.Fit.Line(x, y);
        var freedom = points.Count - 2;
        var residual = x.Zip(y, (at, value) => Math.Pow(value - intercept - (slope * at), 2)).Sum() / freedom;
        var mean = x.Average();
        var error = Math.Sqrt(residual / x.Sum(at => Math.Pow(at - mean, 2)));
        return new LearningCurve(intercept, slope, StudentT.InvCDF(0, 1, freedom, 0.975) * error);
    }

    /// <summary>The measure at a number of labels, 1 or more, as the curve has it.</summary>
    public double At(int labels) => _intercept + (_slope * Math.Log2(labels));

    /// <summary>By how much the measure changes from some labels to more, and half the width of the 95 % interval (Student's) of that.</summary>
    /// <param name="from">Labels now, 1 or more.</param>
    /// <param name="to">Labels then, not fewer.</param>
    public (double Change, double Margin) Change(int from, int to)
    {
        var doublings = Math.Log2((double)to / from);
        return (_slope * doublings, _slopeMargin * doublings);
    }
}
