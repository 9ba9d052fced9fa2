namespace SafeMedLabel.Core.Statistics;

/// <summary>Finds the end of an interval: the place where a test that is passed on one side is failed on the other.</summary>
internal static class Bisection
{
    private const int Halvings = 60;

    /// <summary>Where <paramref name="isBelow"/>, true of <paramref name="low"/> and false of <paramref name="high"/>, turns.</summary>
    public static double Solve(double low, double high, Func<double, bool> isBelow)
    {
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = isBelow(middle) ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }
}
