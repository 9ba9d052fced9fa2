namespace SafeMedLabel.Core.Statistics;

/// <summary>What several readers of different reliability say together.</summary>
public static class WeightedVote
{
    /// <summary>
    /// The probability of each class, all being as probable at first, where readers err independently of each other and, when they do, into
    /// any other class alike: each vote multiplies the odds of its class by p·(K − 1) ÷ (1 − p) (S. Nitzan, J. Paroush, <em>International
    /// Economic Review</em> 23, 1982, for K = 2).
    /// </summary>
    /// <param name="votes">Each one's class, 0 to K − 1, and its reader's accuracy p, above 0 and below 1. Who is worse than chance counts nothing.</param>
    /// <param name="classes">K, 2 or more.</param>
    /// <returns>K probabilities that sum to 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A class or an accuracy is out of its range.</exception>
    public static double[] Posterior(IReadOnlyCollection<(int Class, double Accuracy)> votes, int classes)
    {
        ArgumentNullException.ThrowIfNull(votes);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        var logOdds = new double[classes];
        foreach (var (choice, accuracy) in votes)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)choice, (uint)classes, nameof(votes));
            if (accuracy is not (> 0 and < 1))
            {
                throw new ArgumentOutOfRangeException(nameof(votes), accuracy, "A reader's accuracy lies above 0 and below 1.");
            }

            logOdds[choice] += Math.Max(0, Math.Log(accuracy * (classes - 1) / (1 - accuracy)));
        }

        // From the greatest: an exponential then never overflows.
        var greatest = logOdds.Max();
        double[] odds = [.. logOdds.Select(l => Math.Exp(l - greatest))];
        var sum = odds.Sum();
        return [.. odds.Select(o => o / sum)];
    }
}
