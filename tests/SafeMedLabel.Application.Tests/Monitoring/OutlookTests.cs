using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Tests.Monitoring;

public sealed class OutlookTests
{
    /// <summary>Rates that fall by a point with each doubling, on the line: 800 more after 800 are one doubling.</summary>
    [Fact]
    public void Labels_help_where_the_rounds_say_so_beyond_chance()
    {
        var outlook = Outlook.Of(Rounds((100, 0.05), (200, 0.0401), (400, 0.0299), (800, 0.02)), newLabels: 800);

        Assert.Equal(Prospect.Helps, outlook.Prospect);
        Assert.Equal(-0.01, outlook.Change!.Value, 3);
        Assert.InRange(outlook.Margin!.Value, 0, 0.001);
        Assert.Equal([1, 2, 3, 4], outlook.Rounds.Select(r => r.Number));
        Assert.Equal(0.01, outlook.CurveOf(r => r.SilentFailureRate)!.At(1600), 3);
    }

    [Theory]
    [InlineData(0.0200, 0.0201, 0.0200, 0.0201, Prospect.NoLongerHelps)]
    [InlineData(0.03, 0.01, 0.04, 0.02, Prospect.Unclear)]
    [InlineData(0.02, 0.03, 0.04, 0.05, Prospect.Harms)]
    [InlineData(0.05, 0.04, 0.03, 0.02, Prospect.Helps)]
    public void What_labels_do_is_read_from_the_whole_interval(double first, double second, double third, double fourth, Prospect expected) =>
        Assert.Equal(expected, Outlook.Of(Rounds((100, first), (200, second), (400, third), (800, fourth)), newLabels: 800).Prospect);

    [Fact]
    public void Three_rounds_forecast_nothing()
    {
        var outlook = Outlook.Of(Rounds((100, 0.05), (200, 0.04), (400, 0.03)), newLabels: 300);

        Assert.Equal((Prospect.TooFewRounds, null, 3), (outlook.Prospect, outlook.Change, outlook.Rounds.Count));
        Assert.Equal((Prospect.TooFewRounds, 0), (Outlook.Of([], 300).Prospect, Outlook.Of([], 300).Rounds.Count));
    }

    [Fact]
    public void Rounds_of_another_recipe_or_threshold_and_unmeasured_ones_are_left_out()
    {
        var rounds = Rounds((100, 0.05), (150, 0.9), (200, 0.04), (250, 0.9), (300, 0.9), (350, 0.9), (375, 0.9), (400, 0.03), (800, 0.02));
        foreach (var (number, change) in new (int, Action<Round>)[] { (2, r => r.Epochs = 3), (4, r => r.SilentFailureThreshold = 0.95), (5, r => r.State = RoundState.Failed), (6, r => r.Beginning = Beginning.ImageNet), (7, r => r.BeginningFileHash = "of a file") })
        {
            change(rounds.Single(r => r.Number == number));
        }

        var outlook = Outlook.Of(rounds, newLabels: 300);

        Assert.Equal([1, 3, 8, 9], outlook.Rounds.Select(r => r.Number));
        Assert.Equal(Prospect.Helps, outlook.Prospect);
    }

    [Fact]
    public void Only_the_latest_eight_rounds_say_what_comes_next()
    {
        var outlook = Outlook.Of(Rounds([.. Enumerable.Range(1, 11).Select(i => (100 * i, 0.05))]), newLabels: 300);

        Assert.Equal(Enumerable.Range(4, 8), outlook.Rounds.Select(r => r.Number));
    }

    /// <summary>The newest first, as the service lists them.</summary>
    private static List<Round> Rounds(params (int Labels, double SilentFailureRate)[] rounds) =>
        [.. rounds.Select((r, i) => new Round
        {
            Number = i + 1,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            ImageSize = 64,
            Epochs = 10,
            SilentFailureThreshold = 0.9,
            LabelCount = r.Labels,
            SilentFailureRate = r.SilentFailureRate,
        }).Reverse()];
}
