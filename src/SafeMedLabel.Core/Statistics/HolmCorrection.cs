namespace SafeMedLabel.Core.Statistics;

/// <summary>Holm's step-down correction for several tests at once (Holm 1979, Scandinavian Journal of Statistics 6:65–70).</summary>
public static class HolmCorrection
{
    /// <summary>Adjusted p-values in the order given: compare each with the level that all tests together may err at.</summary>
    /// <param name="pValues">Each in [0, 1].</param>
    /// <exception cref="ArgumentException">One lies outside.</exception>
    public static double[] Adjust(IReadOnlyList<double> pValues)
    {
        ArgumentNullException.ThrowIfNull(pValues);
        if (pValues.Any(p => p is not (>= 0 and <= 1)))
        {
            throw new ArgumentException("A p-value lies in [0, 1].", nameof(pValues));
        }

        var adjusted = new double[pValues.Count];
        var highest = 0.0;
        foreach (var (position, index) in Enumerable.Range(0, pValues.Count).OrderBy(i => pValues[i]).Index())
        {
            highest = Math.Max(highest, Math.Min(1, (pValues.Count - position) * pValues[index]));
            adjusted[index] = highest;
        }

        return adjusted;
    }
}
