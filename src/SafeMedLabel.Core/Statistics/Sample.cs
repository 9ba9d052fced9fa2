namespace SafeMedLabel.Core.Statistics;

/// <summary>What is said of a handful of values.</summary>
public static class Sample
{
    /// <summary>Mean and standard deviation (÷ n − 1), which is null for a single value.</summary>
    /// <exception cref="ArgumentException">There is no value.</exception>
    public static (double Mean, double? Deviation) MeanAndDeviation(IReadOnlyCollection<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
        {
            throw new ArgumentException("There is no value to take the mean of.", nameof(values));
        }

        var mean = values.Average();
        return (mean, values.Count < 2 ? null : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1)));
    }
}
