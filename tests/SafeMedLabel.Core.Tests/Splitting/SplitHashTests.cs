using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Core.Tests.Splitting;

public class SplitHashTests
{
    [Fact]
    public void The_hash_is_that_of_the_sorted_lines()
    {
        var hash = SplitHash.Compute([new("b", DataSplit.Test), new("a", DataSplit.Training)]);

        // printf 'a\tTraining\nb\tTest\n' | sha256sum
        Assert.Equal("1ecafa082c9342d9e23d930ac7aa8d803c178bd4c96ba8104b4b63aa909521e6", hash);
    }

    [Fact]
    public void Moving_one_patient_changes_it()
    {
        Assert.NotEqual(
            SplitHash.Compute([new("a", DataSplit.Training), new("b", DataSplit.Test)]),
            SplitHash.Compute([new("a", DataSplit.Training), new("b", DataSplit.Validation)]));
    }
}
