using System.Globalization;
using Bunit;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Web.Components.Controls;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Tests;

public sealed class FigureTests : BunitContext
{
    private static readonly ChartLine Falling = new("round 2", [(0.5, 0.2), (1, 0)]);
    private static readonly ChartLine Rising = new("round 1, active", [(0.5, 0), (1, 0.2)]);

    [Fact]
    public void Lines_are_told_apart_by_name_and_by_more_than_their_colour()
    {
        var chart = Render<XyChart>(p => p.Add(c => c.Title, "SFR").Add(c => c.Lines, [Falling, Rising]).Add(c => c.XTitle, "threshold"));

        Assert.Equal(["line line-0", "line line-1"], chart.FindAll("polyline").Select(l => l.ClassName));
        Assert.Equal(["round 2", "round 1, active"], chart.FindAll("text[text-anchor=start]").Select(t => t.TextContent));
        Assert.Equal("SFR. round 2: from 20 % at 0.5 to 0 % at 1; round 1, active: from 0 % at 0.5 to 20 % at 1", chart.Find("svg").GetAttribute("aria-label"));
    }

    [Fact]
    public void Measurements_are_dots_with_their_intervals_inside_the_axis_and_no_line_between()
    {
        var measured = new ChartLine("measured", [(1, 0.1), (2, 0.2), (3, 0.3)]) { Intervals = [new RateInterval(0.05, 0.15), null, new RateInterval(0.2, 0.9)] };

        var chart = Render<XyChart>(p => p.Add(c => c.Title, "SFR").Add(c => c.Lines, [measured]).Add(c => c.XTitle, "labels"));

        Assert.Empty(chart.FindAll("polyline"));
        Assert.Equal((3, 2), (chart.FindAll("circle.point-0").Count, chart.FindAll("path.interval").Count));
        Assert.Contains("100 %", chart.FindAll("text").Select(t => t.TextContent));
    }

    [Fact]
    public void A_single_line_needs_no_legend()
    {
        var chart = Render<XyChart>(p => p.Add(c => c.Title, "SFR").Add(c => c.Lines, [Falling]).Add(c => c.XTitle, "threshold"));

        Assert.Empty(chart.FindAll("text[text-anchor=start]"));
    }

    [Fact]
    public void Larger_values_stand_higher_and_further_to_the_right()
    {
        var chart = Render<XyChart>(p => p.Add(c => c.Title, "SFR").Add(c => c.Lines, [Falling]).Add(c => c.XTitle, "threshold"));

        var points = chart.Find("polyline").GetAttribute("points")!.Split(' ').Select(p => p.Split(',').Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        Assert.True(points[0][0] < points[1][0] && points[0][1] < points[1][1]);
    }

    [Fact]
    public void The_table_behind_a_figure_keeps_its_numbers_in_full()
    {
        var table = Render<FigureTableView>(p => p.Add(t => t.Label, "SFR").Add(t => t.Table, new FigureTable(["Threshold", "SFR"], [[new("0.90"), FigureCell.Percent(1.0 / 3)]])));

        Assert.Equal((1.0 / 3).ToString("R", CultureInfo.InvariantCulture), table.Find("data").GetAttribute("value"));
        Assert.Equal("33.33 %", table.Find("data").TextContent);
        Assert.Equal("0.90", table.Find("td").TextContent.Trim());
    }

    [Fact]
    public void A_confusion_matrix_says_each_count_and_its_part_of_the_true_class()
    {
        var chart = Render<ConfusionChart>(p => p.Add(c => c.ClassNames, ["A", "B"]).Add(c => c.Counts, [[9, 1], [0, 0]]));

        Assert.Equal(["9", "1", "0", "0"], chart.FindAll("text.heat-text").Select(t => t.TextContent));
        Assert.Contains("90.00 %", chart.Markup, StringComparison.Ordinal);
        Assert.Contains("A taken for B: 1", chart.Find("svg").GetAttribute("aria-label"), StringComparison.Ordinal);
    }
}
