using System.Globalization;
using SafeMedLabel.Core.Figures;

namespace SafeMedLabel.Core.Tests.Figures;

public sealed class ChartAxisTests
{
    [Theory]
    [InlineData(0.2756, 0.2756, "0.25 0.26 0.27 0.28 0.29 0.3")]
    [InlineData(0.9876, 0.9876, "0.96 0.97 0.98 0.99 1")]
    [InlineData(0, 0.61, "0 0.2 0.4 0.6 0.8")]
    [InlineData(0.41, 1, "0.4 0.6 0.8 1")]
    [InlineData(0, 0, "0 0.005 0.01 0.015 0.02")]
    [InlineData(0.3, 0.7, "0.3 0.4 0.5 0.6 0.7")]
    public void Ticks_are_round_hold_every_value_and_stay_within_what_is_possible(double low, double high, string ticks)
    {
        var axis = ChartAxis.Over(low, high, 0, 1);

        Assert.Equal(ticks, string.Join(' ', axis.Ticks.Select(t => t.ToString(CultureInfo.InvariantCulture))));
    }
}
