namespace SafeMedLabel.Core.Statistics;

/// <summary>Two yes-or-no answers about each of the same items, counted where they differ.</summary>
/// <param name="OnlyFirst">Items with the first answer yes and the second no.</param>
/// <param name="OnlySecond">Items with the second answer yes and the first no.</param>
/// <param name="Count">All items, 1 or more.</param>
public readonly record struct PairedCounts(int OnlyFirst, int OnlySecond, int Count)
{
    private const double Normal975 = 1.959963984540054;

    /// <summary>Rate of the first answer minus rate of the second.</summary>
    public double Difference => (double)(OnlyFirst - OnlySecond) / Count;

    /// <summary>
    /// McNemar's test, exact and two-sided (Q. McNemar, <em>Psychometrika</em> 12, 1947): the chance that items which differ would fall as
    /// unevenly to both sides, or more so, were either side as likely. 1 where none differs.
    /// </summary>
    public double McNemar() =>
        Math.Min(1, 2 * BinomialInterval.AtMost(Math.Min(OnlyFirst, OnlySecond), OnlyFirst + OnlySecond, 0.5));

    /// <summary>
    /// 95 % score interval of <see cref="Difference"/> (T. Tango, <em>Statistics in Medicine</em> 17, 1998): all differences that a score test
    /// would not reject. Unlike a bootstrap's it has a width where no item differs: none in a few says little.
    /// </summary>
    public RateInterval ScoreInterval()
    {
        var pair = this;
        return new RateInterval(
            Bisection.Solve(-1, pair.Difference, difference => pair.Score(difference) > Normal975),
            Bisection.Solve(pair.Difference, 1, difference => pair.Score(difference) > -Normal975));
    }

    /// <summary>Deviations that lie between what was seen and a difference; falls as the difference grows.</summary>
    private double Score(double difference)
    {
        // Most likely rate of the second answer alone, were this the difference: Tango's equation for it.
        var a = 2.0 * Count;
        var b = ((a - OnlyFirst + OnlySecond) * difference) - OnlyFirst - OnlySecond;
        var c = -OnlySecond * difference * (1 - difference);
        var onlySecond = (Math.Sqrt(Math.Max(0, (b * b) - (4 * a * c))) - b) / (2 * a);
        var variance = Count * ((2 * onlySecond) + (difference * (1 - difference)));
        var distance = OnlyFirst - OnlySecond - (Count * difference);
        return variance > 0 ? distance / Math.Sqrt(variance) : Math.Sign(distance) * double.PositiveInfinity;
    }
}
