namespace SafeMedLabel.Core.Statistics;

/// <summary>
/// Wilcoxon's signed-rank test of paired differences, two-sided and exact: all 2ⁿ signs are counted, not approximated. Zero
/// differences are left out, and equal sizes share their mean rank (Hollander, Wolfe &amp; Chicken 2014, section 3.1).
/// </summary>
public static class WilcoxonSignedRank
{
    /// <summary>The most differences that are counted exactly.</summary>
    public const int MostDifferences = 60;

    /// <summary>
    /// Probability of a rank sum at least as far from its middle, were either sign as likely; 1 where all differences are zero.
    /// </summary>
    /// <param name="differences">One a pair, at most <see cref="MostDifferences"/> of them not zero.</param>
    /// <exception cref="ArgumentException">There are more, or one is not a number.</exception>
    public static double PValue(IReadOnlyList<double> differences)
    {
        ArgumentNullException.ThrowIfNull(differences);
        if (differences.Any(d => !double.IsFinite(d)))
        {
            throw new ArgumentException("A difference is not a number.", nameof(differences));
        }

        double[] sizes = [.. differences.Where(d => d != 0).Select(Math.Abs)];
        if (sizes.Length > MostDifferences)
        {
            throw new ArgumentException($"{sizes.Length} differences are more than the {MostDifferences} that are counted exactly.", nameof(differences));
        }

        // Twice the mean rank of equals is a whole number.
        int[] ranks = [.. sizes.Select(size => (2 * sizes.Count(other => other < size)) + sizes.Count(other => other == size) + 1)];
        var positive = differences.Where(d => d != 0).Zip(ranks).Where(pair => pair.First > 0).Sum(pair => pair.Second);
        var total = ranks.Sum();

        // ways[s]: of how many choices of signs the positive ranks sum to s.
        var ways = new double[total + 1];
        ways[0] = 1;
        foreach (var rank in ranks)
        {
            for (var sum = total; sum >= rank; sum--)
            {
                ways[sum] += ways[sum - rank];
            }
        }

        var distance = Math.Abs((2 * positive) - total);
        var extreme = Enumerable.Range(0, total + 1).Where(sum => Math.Abs((2 * sum) - total) >= distance).Sum(sum => ways[sum]);
        return Math.Min(1, extreme / Math.Pow(2, ranks.Length));
    }
}
