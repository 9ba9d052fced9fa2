namespace SafeMedLabel.Core.Evaluation;

/// <summary>
/// What a model does when it answers as many images as asked for: its threshold is set on a calibration set, so that models whose
/// level of confidence differs are compared at equal coverage.
/// </summary>
/// <param name="Threshold">Confidence above which the model answers; may lie just below 1/K.</param>
/// <param name="Coverage">Fraction of the measured images that it answers.</param>
/// <param name="SilentFailureRate">Fraction of the measured images that it answers wrong.</param>
/// <param name="SelectiveRisk">Fraction wrong among those that it answers; null where it answers none.</param>
public sealed record OperatingPoint(double Threshold, double Coverage, double SilentFailureRate, double? SelectiveRisk)
{
    /// <summary>The coverages that are reported.</summary>
    public static IReadOnlyList<double> Coverages { get; } = [0.80, 0.90, 0.95];

    /// <summary>Sets the threshold on one set and measures on another.</summary>
    /// <param name="calibration">Images that the threshold is set on; not empty.</param>
    /// <param name="measured">Images that are measured; not empty.</param>
    /// <param name="coverage">Wanted coverage, above 0 and up to 1.</param>
    /// <exception cref="ArgumentException">A set is empty or the coverage is out of range.</exception>
    public static OperatingPoint At(PredictionSet calibration, PredictionSet measured, double coverage)
    {
        var threshold = ThresholdFor(calibration, coverage);
        return new OperatingPoint(
            threshold,
            Metrics.Coverage(measured, threshold),
            Metrics.SilentFailureRate(measured, threshold),
            Metrics.SelectiveRisk(measured, threshold));
    }

    /// <summary>The confidence above which the wanted fraction of a set lies, or the least more that equal confidences allow.</summary>
    /// <exception cref="ArgumentException">The set is empty or the coverage is out of range.</exception>
    public static double ThresholdFor(PredictionSet calibration, double coverage)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        if (calibration.Count == 0)
        {
            throw new ArgumentException("The set of predictions is empty; no threshold can be set on it.", nameof(calibration));
        }

        if (coverage is not (> 0 and <= 1))
        {
            throw new ArgumentException($"A coverage lies above 0 and not above 1; this is {coverage}.", nameof(coverage));
        }

        double[] confidences = [.. Enumerable.Range(0, calibration.Count).Select(calibration.Confidence).OrderDescending()];
        var last = confidences[(int)Math.Ceiling(coverage * confidences.Length) - 1];
        // Covered is what lies above the threshold in single precision, and the last one wanted must.
        return MathF.BitDecrement((float)last);
    }
}
