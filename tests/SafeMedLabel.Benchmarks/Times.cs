namespace SafeMedLabel.Benchmarks;

/// <summary>Of measured times.</summary>
internal static class Times
{
    /// <summary>The time that a part of all, 0 to 1, do not exceed.</summary>
    public static double Percentile(IEnumerable<double> times, double part)
    {
        var sorted = times.Order().ToList();
        return Math.Round(sorted[(int)(part * (sorted.Count - 1))], 2);
    }
}
