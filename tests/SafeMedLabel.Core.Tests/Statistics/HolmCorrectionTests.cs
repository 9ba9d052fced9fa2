using FsCheck.Xunit;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public sealed class HolmCorrectionTests
{
    [Fact]
    public void The_smallest_is_multiplied_by_their_number_and_none_falls_below_a_smaller_one()
    {
        double[] adjusted = HolmCorrection.Adjust([0.01, 0.04, 0.03, 0.005]);

        Assert.Equal([0.03, 0.06, 0.06, 0.02], adjusted.Select(p => Math.Round(p, 12)));
    }

    [Property]
    public void No_adjusted_value_is_smaller_than_its_own_nor_above_one(byte[] numbers)
    {
        double[] values = [.. numbers.Select(n => n / 255.0)];

        Assert.All(HolmCorrection.Adjust(values).Zip(values), pair => Assert.InRange(pair.First, pair.Second, 1));
    }

    [Fact]
    public void What_is_no_p_value_is_refused() => Assert.Throws<ArgumentException>(() => HolmCorrection.Adjust([0.5, 1.5]));
}
