using FsCheck.Xunit;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public sealed class WilcoxonSignedRankTests
{
    [Fact]
    public void Six_differences_of_one_sign_have_the_least_p_that_six_can_have() =>
        Assert.Equal(2 / 64.0, WilcoxonSignedRank.PValue([0.1, 0.3, 0.2, 0.5, 0.4, 0.9]), 1e-12);

    [Fact]
    public void Zeros_are_left_out_and_nothing_but_zeros_shows_nothing()
    {
        Assert.Equal(WilcoxonSignedRank.PValue([1, 2, -3]), WilcoxonSignedRank.PValue([0, 1, 0, 2, -3]));
        Assert.Equal(1, WilcoxonSignedRank.PValue([0, 0]));
        Assert.Equal(1, WilcoxonSignedRank.PValue([]));
    }

    [Fact]
    public void What_cannot_be_counted_is_refused()
    {
        Assert.Throws<ArgumentException>(() => WilcoxonSignedRank.PValue([double.NaN]));
        Assert.Throws<ArgumentException>(() => WilcoxonSignedRank.PValue([.. Enumerable.Range(1, 61).Select(i => (double)i)]));
    }

    /// <summary>Small whole numbers, so that many are equal.</summary>
    [Property(MaxTest = 200)]
    public void It_counts_what_trying_all_signs_counts(sbyte[] numbers)
    {
        double[] differences = [.. numbers.Take(10).Select(n => (double)(n % 4))];
        double[] sizes = [.. differences.Where(d => d != 0).Select(Math.Abs)];
        double[] ranks = [.. sizes.Select(s => sizes.Count(o => o < s) + ((sizes.Count(o => o == s) + 1) / 2.0))];
        var middle = ranks.Sum() / 2;
        var seen = Math.Abs(differences.Where(d => d != 0).Zip(ranks).Where(p => p.First > 0).Sum(p => p.Second) - middle);

        var extreme = Enumerable.Range(0, 1 << ranks.Length)
            .Count(signs => Math.Abs(ranks.Where((_, i) => (signs >> i & 1) == 1).Sum() - middle) >= seen - 1e-9);

        Assert.Equal(extreme / Math.Pow(2, ranks.Length), WilcoxonSignedRank.PValue(differences), 1e-12);
    }
}
