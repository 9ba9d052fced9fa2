using FsCheck.Xunit;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Core.Tests.Safety;

public class FilterLimitTests
{
    [Theory]
    [InlineData("off")]
    [InlineData("0.2")]
    [InlineData("q0.8")]
    [InlineData("e0.02")]
    public void A_limit_is_written_as_it_is_read(string text) => Assert.Equal(text, FilterLimit.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("on")]
    [InlineData("-0.1")]
    [InlineData("NaN")]
    [InlineData("q1.1")]
    [InlineData("e")]
    public void What_is_no_limit_is_refused(string text) =>
        Assert.Contains($"not '{text}'", Assert.Throws<ArgumentException>(() => FilterLimit.Parse(text)).Message, StringComparison.Ordinal);

    [Property]
    public void Below_a_quantile_lies_at_least_its_fraction_and_no_smaller_value_has_that(byte[] values, byte level)
    {
        double[] uncertainties = [.. values.Select(v => v / 8 / 32.0)];
        var fraction = level / 255.0;
        var limit = FilterLimit.Quantile(uncertainties, fraction);

        Assert.True(uncertainties.Count(u => u < limit) >= fraction * uncertainties.Length);
        Assert.All(uncertainties.Where(u => u < limit), u => Assert.True(uncertainties.Count(v => v < u) < fraction * uncertainties.Length));
    }

    [Property]
    public void A_calibrated_limit_keeps_its_promise_and_no_greater_one_would(byte[] values, byte level)
    {
        (double Uncertainty, bool IsWrong)[] judged = [.. values.Select(v => (v / 8 / 32.0, v % 3 == 0))];
        var rate = level / 255.0;
        var limit = FilterLimit.Calibrate(judged, rate);
        int Below(double u) => judged.Count(j => j.Uncertainty < u);
        double ErrorBelow(double u) => judged.Where(j => j.Uncertainty < u).Select(j => j.IsWrong ? 1.0 : 0.0).DefaultIfEmpty(0).Average();

        Assert.True(ErrorBelow(limit) <= rate);
        Assert.True(Below(limit) == 0 || rate * Below(limit) >= 1);
        Assert.All(
            judged.Select(j => j.Uncertainty).Append(double.PositiveInfinity).Where(u => Below(u) > Below(limit)),
            u => Assert.True(ErrorBelow(u) > rate || rate * Below(u) < 1));
    }

    [Fact]
    public void A_calibrated_limit_is_zero_where_the_surest_are_wrong_or_too_few_and_infinite_where_none_is_wrong()
    {
        Assert.Equal(0, FilterLimit.Calibrate([(0.1, true), (0.2, true)], 0.5));
        Assert.Equal(double.PositiveInfinity, FilterLimit.Calibrate([(0.1, false), (0.2, false)], 0.5));
        Assert.Equal(0, FilterLimit.Calibrate([(0.1, false), (0.2, false)], 0.02));
        Assert.Equal(0, FilterLimit.Calibrate([], 0.5));
        Assert.Equal(0.4, FilterLimit.Calibrate([(0.1, false), (0.2, false), (0.3, true), (0.4, true), (0.5, true)], 0.34));
    }
}
