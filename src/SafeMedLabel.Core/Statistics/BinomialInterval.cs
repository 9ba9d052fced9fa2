namespace SafeMedLabel.Core.Statistics;

/// <summary>How well a rate is known from a count.</summary>
public static class BinomialInterval
{
    private const double Tail = 0.025;

    /// <summary>
    /// The exact 95 % interval of a rate of which <paramref name="successes"/> of <paramref name="trials"/> were seen (C. Clopper, E. Pearson,
    /// <em>Biometrika</em> 26, 1934): its ends are the rates at which as many or more, and as many or fewer, would be seen in 2.5 %. It never
    /// promises too much; trials that hang together, as images of one patient may, make the true one wider.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There are no trials, or more successes than trials.</exception>
    public static RateInterval ClopperPearson(int successes, int trials)
    {
        var high = UpperBound(successes, trials, Tail);
        var low = successes == 0 ? 0 : Bisection.Solve(0, 1, rate => AtLeast(successes, trials, rate) < Tail);
        return new RateInterval(low, high);
    }

    /// <summary>
    /// The exact one-sided bound: the rate at which as few or fewer would be seen with a chance of <paramref name="doubt"/>. A true rate above
    /// it is what that chance is of.
    /// </summary>
    /// <param name="successes">Seen, 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">1 or more.</param>
    /// <param name="doubt">Above 0, below 1; 0.05 for a bound that holds in 95 %.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static double UpperBound(int successes, int trials, double doubt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        if (doubt is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(doubt), doubt, "A doubt lies between 0 and 1.");
        }

        return successes == trials ? 1 : Bisection.Solve(0, 1, rate => AtMost(successes, trials, rate) > doubt);
    }

    /// <summary>P(X ≥ <paramref name="successes"/>) of a binomial.</summary>
    private static double AtLeast(int successes, int trials, double rate) => AtMost(trials - successes, trials, 1 - rate);

    /// <summary>P(X ≤ <paramref name="successes"/>) of a binomial.</summary>
    internal static double AtMost(int successes, int trials, double rate)
    {
        // Of the two ways to sum it up, the shorter one.
        if (successes > trials / 2 && successes < trials)
        {
            return 1 - AtMost(trials - successes - 1, trials, 1 - rate);
        }

        // The logarithm of each term from the one before: none of them overflows.
        var (term, sum) = (trials * Math.Log(1 - rate), 0.0);
        for (var k = 0; k <= successes; k++)
        {
            sum += Math.Exp(term);
            term += Math.Log((double)(trials - k) / (k + 1)) + Math.Log(rate) - Math.Log(1 - rate);
        }

        return sum;
    }
}
