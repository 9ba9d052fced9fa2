namespace SafeMedLabel.Core.Figures;

/// <summary>
/// A vertical axis whose ends and ticks are round numbers (P. S. Heckbert, 'Nice Numbers for Graph Labels', Graphics Gems, 1990).
/// </summary>
/// <param name="Low">Its lower end, a tick.</param>
/// <param name="High">Its upper end, a tick.</param>
/// <param name="Step">From tick to tick: 1, 2 or 5 times a power of ten.</param>
public sealed record ChartAxis(double Low, double High, double Step)
{
    private const int Steps = 4;

    // A single value, or values that differ in the noise, are not blown up to the whole height.
    private const double NarrowestSpan = 0.04;

    /// <summary>The ticks, from the lower end to the upper.</summary>
    public IEnumerable<double> Ticks => Enumerable.Range(0, (int)Math.Round((High - Low) / Step) + 1).Select(i => Round(Low + (i * Step), Step));

    /// <summary>Where a value lies between the axis's ends: 0 at the lower, 1 at the upper.</summary>
    public double Position(double value) => (value - Low) / (High - Low);

    /// <summary>An axis that holds everything from <paramref name="low"/> to <paramref name="high"/>, and leaves neither bound.</summary>
    /// <param name="low">The lowest value.</param>
    /// <param name="high">The highest value.</param>
    /// <param name="floor">What no value can be below.</param>
    /// <param name="ceiling">What no value can be above.</param>
    public static ChartAxis Over(double low, double high, double floor, double ceiling)
    {
        var widening = Math.Max(0, NarrowestSpan - (high - low)) / 2;
        var (from, to) = (Math.Max(floor, low - widening), Math.Min(ceiling, high + widening));
        var step = NiceStep((to - from) / Steps);
        // A value that is a tick in decimals must not fall beside it in binary.
        return new ChartAxis(Round(Math.Floor((from / step) + 1e-9) * step, step), Round(Math.Ceiling((to / step) - 1e-9) * step, step), step);
    }

    private static double NiceStep(double atLeast)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        var nice = ((atLeast / power) - 1e-9) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        return Round(nice * power, power);
    }

    private static double Round(double value, double step) => Math.Round(value, Math.Clamp(1 - (int)Math.Floor(Math.Log10(step)), 0, 15));
}
