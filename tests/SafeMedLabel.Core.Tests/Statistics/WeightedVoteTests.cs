using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Statistics;

public sealed class WeightedVoteTests
{
    [Fact]
    public void Two_against_one_of_equal_readers_is_as_probable_as_one_of_them_is_right() =>
        Assert.Equal(0.9, WeightedVote.Posterior([(1, 0.9), (1, 0.9), (0, 0.9)], 2)[1], 12);

    /// <summary>By counting: of 10 × 5 × 2 equally probable ways in which two readers of 90 % and 80 % say (0, 1), 9 × 1 have class 0 and 1 × 4 class 1.</summary>
    [Fact]
    public void The_better_of_two_readers_who_differ_is_the_more_probable() =>
        Assert.Equal(9.0 / 13, WeightedVote.Posterior([(0, 0.9), (1, 0.8)], 2)[0], 12);

    /// <summary>Bayes: prior 1/3 each; a wrong answer falls on either of the two other classes with probability 0.05.</summary>
    [Fact]
    public void With_three_classes_a_mistake_may_be_either_of_the_two_others()
    {
        var posterior = WeightedVote.Posterior([(0, 0.9), (0, 0.9), (1, 0.9)], 3);
        double[] weights = [0.9 * 0.9 * 0.05, 0.05 * 0.05 * 0.9, 0.05 * 0.05 * 0.05];

        Assert.All(posterior.Zip(weights), p => Assert.Equal(p.Second / weights.Sum(), p.First, 12));
    }

    [Fact]
    public void Nobody_has_said_anything_and_all_classes_are_as_probable() => Assert.Equal([0.25, 0.25, 0.25, 0.25], WeightedVote.Posterior([], 4));

    [Fact]
    public void A_reader_who_is_worse_than_chance_counts_nothing() => Assert.Equal([0.5, 0.5], WeightedVote.Posterior([(0, 0.3)], 2));

    [Fact]
    public void A_thousand_votes_still_give_numbers() =>
        Assert.Equal(1, WeightedVote.Posterior([.. Enumerable.Repeat((1, 0.99), 1000)], 2)[1], 12);

    [Property]
    public Property Probabilities_sum_to_one_and_do_not_depend_on_the_order_of_the_votes() => Prop.ForAll(
        Gen.Choose(0, 2).Zip(Gen.Choose(1, 99)).ListOf().ToArbitrary(),
        drawn =>
        {
            (int Class, double Accuracy)[] votes = [.. drawn.Select(v => (v.Item1, v.Item2 / 100.0))];
            var posterior = WeightedVote.Posterior(votes, 3);
            var reversed = WeightedVote.Posterior([.. votes.Reverse()], 3);
            return Math.Abs(posterior.Sum() - 1) < 1e-9 && posterior.Zip(reversed).All(p => Math.Abs(p.First - p.Second) < 1e-9);
        });

    [Property]
    public Property Another_vote_for_a_class_never_makes_it_less_probable() => Prop.ForAll(
        Gen.Choose(0, 2).Zip(Gen.Choose(1, 99)).ListOf().ToArbitrary(),
        Gen.Choose(1, 99).ToArbitrary(),
        (drawn, accuracy) =>
        {
            (int Class, double Accuracy)[] votes = [.. drawn.Select(v => (v.Item1, v.Item2 / 100.0))];
            return WeightedVote.Posterior([.. votes, (2, accuracy / 100.0)], 3)[2] >= WeightedVote.Posterior(votes, 3)[2] - 1e-12;
        });

    [Theory]
    [InlineData(2, 0.9)]
    [InlineData(-1, 0.9)]
    [InlineData(0, 0.0)]
    [InlineData(0, 1.0)]
    [InlineData(0, double.NaN)]
    public void A_class_or_an_accuracy_out_of_range_is_refused(int choice, double accuracy) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightedVote.Posterior([(choice, accuracy)], 2));
}
