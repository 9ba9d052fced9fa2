using SafeMedLabel.Application.Experiments;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Tests.Experiments;

public class SimulatedAuditTests
{
    private static readonly LabelIssue[] Issues = [.. new[] { 4, 2, 9, 7 }.Select(index => new LabelIssue(index, 0, 1, 0.1, 0.9))];

    private static readonly PlantedNoise Noise = new([], new HashSet<int> { 4, 9, 5 });

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(2, 0.5)]
    [InlineData(3, 2 / 3.0)]
    [InlineData(4, 0.5)]
    [InlineData(5, null)]
    [InlineData(0, null)]
    public void The_precision_is_of_the_first_so_many_and_unknown_where_fewer_are_suspected(int count, double? precision) =>
        Assert.Equal(precision, SimulatedAudit.PrecisionAt(count, Issues, Noise));

    [Fact]
    public void Recall_is_of_the_planted_and_precision_of_the_suspected()
    {
        var audit = new SimulatedAudit(0, 100, 5, 3, 4, 2, null, null, 0.9, 1);

        Assert.Equal((0.5, 2 / 3.0), (audit.Precision, audit.Recall));
        Assert.Equal((null, null), ((audit with { Suspected = 0 }).Precision, (audit with { Planted = 0 }).Recall));
    }
}
