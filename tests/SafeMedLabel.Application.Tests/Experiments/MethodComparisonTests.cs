using SafeMedLabel.Application.Experiments;

namespace SafeMedLabel.Application.Tests.Experiments;

public sealed class MethodComparisonTests
{
    [Fact]
    public void Without_shared_training_images_it_is_the_ordinary_paired_t_test()
    {
        // Mean 3, deviation √2.5, t = 3 ÷ √(2.5 ÷ 5) = 4.2426 on 4 degrees of freedom: p = 0.01324.
        Assert.Equal(0.01324, TTest([1, 2, 3, 4, 5], testToTraining: 0)!.Value, 5e-6);
    }

    [Fact]
    public void With_them_it_claims_less()
    {
        // t = 3 ÷ √((1/5 + 1/3)·2.5) = 2.5981: p = 0.06017.
        Assert.Equal(0.06017, TTest([1, 2, 3, 4, 5], testToTraining: 1 / 3.0)!.Value, 5e-6);
    }

    [Fact]
    public void One_seed_has_no_t_test_and_equal_methods_differ_by_nothing()
    {
        Assert.Null(TTest([0.1], 0.3));
        var equal = MethodComparison.Of("a", "b", "accuracy", [0.9, 0.8], [0.9, 0.8], 0.3);
        Assert.Equal((0.0, 1.0, 1.0), (equal.MeanDifference, equal.TTestP, equal.WilcoxonP));
    }

    [Fact]
    public void Values_that_are_not_pairs_are_refused()
    {
        Assert.Throws<ArgumentException>(() => MethodComparison.Of("a", "b", "accuracy", [0.9], [0.9, 0.8], 0.3));
        Assert.Throws<ArgumentException>(() => MethodComparison.Of("a", "b", "accuracy", [], [], 0.3));
    }

    private static double? TTest(double[] differences, double testToTraining) =>
        MethodComparison.Of("a", "b", "accuracy", differences, new double[differences.Length], testToTraining).TTestP;
}
