using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Core.Tests.Evaluation;

public class PredictionSetTests
{
    [Fact]
    public void The_first_of_equal_probabilities_is_predicted()
    {
        var set = new PredictionSet(3, [1, 2], new[] { 0.4, 0.4, 0.2, 0.1, 0.2, 0.7 });

        Assert.Equal(0, set.Predicted(0));
        Assert.False(set.IsCorrect(0));
        Assert.Equal(2, set.Predicted(1));
        Assert.True(set.IsCorrect(1));
        Assert.Equal(0.7, set.Confidence(1));
    }

    [Theory]
    [InlineData(new[] { 0.5 }, "probabilities")]
    [InlineData(new[] { 0.5, 0.6 }, "sum to 1.1")]
    [InlineData(new[] { 1.2, -0.2 }, "1.2")]
    [InlineData(new[] { double.NaN, 1 }, "NaN")]
    [InlineData(new[] { double.PositiveInfinity, 0 }, "between 0 and 1")]
    public void A_row_that_is_not_a_distribution_is_refused(double[] row, string reason)
    {
        var error = Assert.Throws<ArgumentException>(() => new PredictionSet(2, [0], row));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_label_that_is_no_class_is_refused(int label)
    {
        Assert.Throws<ArgumentException>(() => new PredictionSet(2, [label], new[] { 0.5, 0.5 }));
    }

    [Fact]
    public void Changing_the_callers_array_afterwards_changes_nothing()
    {
        var row = new[] { 0.3, 0.7 };
        var set = new PredictionSet(2, [1], row);
        row[0] = 1;

        Assert.Equal(0.3, set.Probabilities(0)[0]);
    }
}
