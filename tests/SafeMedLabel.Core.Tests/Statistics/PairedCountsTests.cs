using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public sealed class PairedCountsTests
{
    /// <summary>By counting the 2^n ways in which n pairs can fall: of 5 all to one side 2/32; of 12 two or fewer to one side 2·79/4096; of 4 evenly, all.</summary>
    [Theory]
    [InlineData(5, 0, 2.0 / 32)]
    [InlineData(10, 2, 158.0 / 4096)]
    [InlineData(2, 10, 158.0 / 4096)]
    [InlineData(2, 2, 1)]
    [InlineData(0, 0, 1)]
    public void McNemars_test_counts_how_often_pairs_fall_as_unevenly(int onlyFirst, int onlySecond, double p) =>
        Assert.Equal(p, new PairedCounts(onlyFirst, onlySecond, 100).McNemar(), 1e-12);

    /// <summary>In closed form: where no pair differs, the score is √(n·Δ/(1−Δ))… and the interval ends at z²/(n + z²).</summary>
    [Theory]
    [InlineData(20)]
    [InlineData(4000)]
    public void Where_no_item_differs_the_interval_still_has_the_width_that_so_few_items_give(int count)
    {
        var interval = new PairedCounts(0, 0, count).ScoreInterval();

        const double Z2 = 1.959963984540054 * 1.959963984540054;
        Assert.Equal(Z2 / (count + Z2), interval.High, 1e-9);
        Assert.Equal(-interval.High, interval.Low, 1e-9);
    }

    [Property]
    public void At_either_end_the_score_with_the_most_likely_rates_is_the_normal_quantile(byte onlyFirst, byte onlySecond, PositiveInt same)
    {
        var pairs = new PairedCounts(onlyFirst, onlySecond, onlyFirst + onlySecond + same.Get);

        var interval = pairs.ScoreInterval();

        Assert.InRange(pairs.Difference, interval.Low, interval.High);
        Assert.Equal(1.959964, Score(pairs, interval.Low), 1e-3);
        Assert.Equal(-1.959964, Score(pairs, interval.High), 1e-3);
    }

    [Property]
    public void The_other_way_round_the_interval_is_mirrored(byte onlyFirst, byte onlySecond, PositiveInt same)
    {
        var count = onlyFirst + onlySecond + same.Get;

        var one = new PairedCounts(onlyFirst, onlySecond, count).ScoreInterval();
        var other = new PairedCounts(onlySecond, onlyFirst, count).ScoreInterval();

        Assert.Equal(one.Low, -other.High, 1e-9);
        Assert.Equal(one.High, -other.Low, 1e-9);
    }

    /// <summary>From the definition: the likelihood is climbed step by step, where the program solves an equation.</summary>
    private static double Score(PairedCounts pairs, double difference)
    {
        double LogLikelihood(double second)
        {
            static double Term(int count, double rate) => count == 0 ? 0 : count * Math.Log(Math.Max(rate, 1e-300));
            return Term(pairs.OnlyFirst, second + difference) + Term(pairs.OnlySecond, second)
                + Term(pairs.Count - pairs.OnlyFirst - pairs.OnlySecond, 1 - difference - (2 * second));
        }

        var (low, high) = (Math.Max(0, -difference), (1 - difference) / 2);
        for (var i = 0; i < 200; i++)
        {
            var (left, right) = (low + ((high - low) / 3), high - ((high - low) / 3));
            (low, high) = LogLikelihood(left) < LogLikelihood(right) ? (left, high) : (low, right);
        }

        var rate = (low + high) / 2;
        return (pairs.OnlyFirst - pairs.OnlySecond - (pairs.Count * difference))
            / Math.Sqrt(pairs.Count * ((2 * rate) + difference - (difference * difference)));
    }
}
