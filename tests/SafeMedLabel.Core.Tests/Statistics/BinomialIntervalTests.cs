using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public sealed class BinomialIntervalTests
{
    /// <summary>In closed form: of none in n the upper end is 1 − 0.025^(1/n); the others by R's <c>binom.test</c>.</summary>
    [Theory]
    [InlineData(0, 10, 0, 0.3084971)]
    [InlineData(10, 10, 0.6915029, 1)]
    [InlineData(1, 10, 0.002528579, 0.4450161)]
    [InlineData(5, 10, 0.187086, 0.812914)]
    public void Known_intervals(int successes, int trials, double low, double high)
    {
        var interval = BinomialInterval.ClopperPearson(successes, trials);

        Assert.Equal(low, interval.Low, 1e-6);
        Assert.Equal(high, interval.High, 1e-6);
    }

    [Fact]
    public void None_in_two_thousand_is_at_most_what_the_closed_form_says() =>
        Assert.Equal(1 - Math.Pow(0.025, 1.0 / 2000), BinomialInterval.ClopperPearson(0, 2000).High, 1e-9);

    /// <summary>In closed form: of none in n it is 1 − δ^(1/n), of all but one (1 − δ)^(1/n).</summary>
    [Theory]
    [InlineData(0, 299, 0.05)]
    [InlineData(0, 10, 0.5)]
    [InlineData(9, 10, 0.05)]
    public void The_one_sided_bound_is_what_the_closed_form_says(int successes, int trials, double doubt) => Assert.Equal(
        successes == 0 ? 1 - Math.Pow(doubt, 1.0 / trials) : Math.Pow(1 - doubt, 1.0 / trials), BinomialInterval.UpperBound(successes, trials, doubt), 1e-9);

    /// <summary>0.99^298 is still above 0.05, 0.99^299 is not.</summary>
    [Fact]
    public void With_no_mistake_seen_one_in_a_hundred_takes_299()
    {
        Assert.True(BinomialInterval.UpperBound(0, 299, 0.05) <= 0.01);
        Assert.True(BinomialInterval.UpperBound(0, 298, 0.05) > 0.01);
    }

    [Property]
    public void The_rate_that_was_seen_is_inside_and_the_other_side_of_the_coin_mirrors_it(NonNegativeInt one, PositiveInt other)
    {
        var (successes, trials) = (one.Get, one.Get + other.Get);

        var interval = BinomialInterval.ClopperPearson(successes, trials);
        var mirrored = BinomialInterval.ClopperPearson(trials - successes, trials);

        Assert.InRange((double)successes / trials, interval.Low, interval.High);
        Assert.Equal(interval.Low, 1 - mirrored.High, 1e-9);
        Assert.Equal(interval.High, 1 - mirrored.Low, 1e-9);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 5)]
    [InlineData(6, 5)]
    public void Counts_that_cannot_be_are_refused(int successes, int trials) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BinomialInterval.ClopperPearson(successes, trials));
}
