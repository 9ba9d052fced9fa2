using SafeMedLabel.Application.Experiments;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Experiments;

public sealed class SimulationReportTests
{
    [Fact]
    public void The_area_under_a_learning_curve_is_the_mean_of_its_trapezoids_by_their_labels()
    {
        Assert.Equal(0.8, SimulationReport.Area([(40, 0.8)]));
        Assert.Equal(0.75, SimulationReport.Area([(0, 0.5), (100, 1)]), 1e-12);
        // Three quarters of the labels at a mean of 0.9, one quarter at 0.6.
        Assert.Equal((0.25 * 0.6) + (0.75 * 0.9), SimulationReport.Area([(0, 0.4), (10, 0.8), (40, 1)]), 1e-12);
    }

    [Fact]
    public void Each_way_to_ask_has_its_row_over_all_its_seeds_and_its_line()
    {
        using var folder = new TemporaryFolder();
        new SimulationReport([
            Round("bald", 0, 1, 0.5), Round("bald", 0, 2, 0.7), Round("bald", 1, 1, 0.6), Round("bald", 1, 2, 0.8),
            Round("random", 0, 1, 0.5), Round("random", 0, 2, 0.5),
        ]).Write(folder.Path, "safemed simulate");

        var table = File.ReadAllText(folder.File("table.md"));
        Assert.Contains("| bald | 0, 1 | 65.00 % ± 7.07 | 2.00 % ± 0.00 | 75.00 % ± 7.07 | 2.00 % ± 0.00 | 0.0100 ± 0.0000 | 5.0 ± 0.0 |", table, StringComparison.Ordinal);
        Assert.Contains("| random | 0 | 50.00 % | 2.00 % | 50.00 % | 2.00 % | 0.0100 | 5.0 |", table, StringComparison.Ordinal);
        Assert.Equal(7, File.ReadAllLines(folder.File("rounds.csv")).Length);
        Assert.Contains(">random<", File.ReadAllText(folder.File("learning-curve.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_labels_that_an_accuracy_takes_are_those_of_the_mean_over_seeds_and_areas_compare_seed_by_seed()
    {
        using var folder = new TemporaryFolder();
        new SimulationReport([
            Round("random", 0, 1, 0.70), Round("random", 0, 2, 0.80), Round("random", 1, 1, 0.80), Round("random", 1, 2, 0.82),
            Round("bald", 0, 1, 0.80), Round("bald", 0, 2, 0.93), Round("bald", 1, 1, 0.78), Round("bald", 1, 2, 0.78),
        ]).Write(folder.Path, "safemed simulate");

        var table = File.ReadAllText(folder.File("table.md"));
        Assert.Contains("| acquisition | 80 % | 85 % | 90 % | 92.5 % | 95 % | area, accuracy, against the first row |", table, StringComparison.Ordinal);
        // Areas 75 and 81 %, against 86.5 and 78 %.
        Assert.Contains("| random | 40 (2 of 2) | – (0 of 2) | – (0 of 2) | – (0 of 2) | – (0 of 2) |  |", table, StringComparison.Ordinal);
        Assert.Contains("| bald | 40 (1 of 2) | 40 (1 of 2) | – (1 of 2) | – (1 of 2) | – (0 of 2) | +4.25 points, more in 1 of 2 seeds |", table, StringComparison.Ordinal);
    }

    private static SimulatedRound Round(string acquisition, long seed, int round, double accuracy) => new(
        acquisition, seed, round, 20 * round, accuracy, 0.9, new Dictionary<string, double> { ["0.80"] = 0.05, ["0.95"] = 0.02 }, 0.01, 3 + round, 7);
}
