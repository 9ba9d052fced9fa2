using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Core.Tests.Acquisition;

public class StochasticPassesTests
{
    private const double Tolerance = 1e-6;

    [Fact]
    public void Passes_that_agree_have_entropy_but_no_disagreement()
    {
        var passes = new StochasticPasses(Passes.Binary(0.25f, 0.25f, 0.25f), 3, 2);

        Assert.Equal(-(0.25 * Math.Log(0.25)) - (0.75 * Math.Log(0.75)), passes.PredictiveEntropy(), Tolerance);
        Assert.Equal(0, passes.Bald(), Tolerance);
        Assert.Equal(0, passes.Uncertainty(), Tolerance);
    }

    [Fact]
    public void Passes_that_are_sure_and_contradict_each_other_have_nothing_but_disagreement()
    {
        var passes = new StochasticPasses(Passes.Binary(0, 1), 2, 2);

        Assert.Equal(Math.Log(2), passes.PredictiveEntropy(), Tolerance);
        Assert.Equal(Math.Log(2), passes.Bald(), Tolerance);
        Assert.Equal(1, passes.Uncertainty(), Tolerance);
    }

    [Fact]
    public void The_mean_is_taken_class_by_class()
    {
        var mean = new double[3];
        new StochasticPasses([0.5f, 0.25f, 0.25f, 0, 0.75f, 0.25f], 2, 3).Mean(mean);

        Assert.Equal([0.25, 0.5, 0.25], mean);
    }

    [Fact]
    public void One_pass_has_no_variance()
    {
        Assert.Throws<InvalidOperationException>(() => new StochasticPasses([0.5f, 0.5f], 1, 2).Uncertainty());
    }

    [Fact]
    public void A_span_of_the_wrong_length_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new StochasticPasses([0.5f, 0.5f, 1], 2, 2).Passes);
    }

    [Property]
    public void Disagreement_lies_between_nothing_and_the_entropy_and_the_entropy_below_that_of_chance(ulong seed, bool many)
    {
        var classes = many ? 5 : 2;
        var passes = new StochasticPasses(Passes.Random(seed, 10, classes), 10, classes);

        Assert.InRange(passes.Bald(), 0, passes.PredictiveEntropy() + Tolerance);
        Assert.InRange(passes.PredictiveEntropy(), 0, Math.Log(classes) + Tolerance);
    }

    [Property]
    public void Uncertainty_is_bounded_by_what_the_mean_leaves_open(ulong seed)
    {
        var passes = new StochasticPasses(Passes.Random(seed, 10, 2), 10, 2);
        var mean = new double[2];
        passes.Mean(mean);

        Assert.InRange(passes.Uncertainty(), 0, (2 * mean[0] * mean[1] * 10 / 9) + Tolerance);
    }

    [Property]
    public void The_order_of_the_passes_does_not_matter(ulong seed)
    {
        var rows = Passes.Random(seed, 6, 3);
        var reversed = rows.Chunk(3).Reverse().SelectMany(row => row).ToArray();
        var one = new StochasticPasses(rows, 6, 3);
        var other = new StochasticPasses(reversed, 6, 3);

        Assert.Equal(one.Bald(), other.Bald(), Tolerance);
        Assert.Equal(one.Uncertainty(), other.Uncertainty(), Tolerance);
    }
}
