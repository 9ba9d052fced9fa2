using Bunit;
using SafeMedLabel.Web.Components.Controls;
using SafeMedLabel.Web.Model;

namespace SafeMedLabel.Web.Tests;

public sealed class LineChartTests : BunitContext
{
    [Fact]
    public void A_point_with_an_interval_has_an_error_bar_and_one_without_has_none()
    {
        var chart = Render<LineChart>(p => p.Add(c => c.Title, "SFR").Add(c => c.Points, [new ChartPoint("1", 0.02, 0.01, 0.03), new ChartPoint("2", 0.01)]));

        Assert.Single(chart.FindAll("path.interval"));
        Assert.Equal(2, chart.FindAll("circle.point").Count);
    }

    [Fact]
    public void The_picture_says_its_numbers_in_words()
    {
        var chart = Render<LineChart>(p => p.Add(c => c.Title, "SFR").Add(c => c.Points, [new ChartPoint("1", 0.02, 0.01, 0.03)]));

        Assert.Equal("SFR. 1: 2.00 % (1.00 % to 3.00 %)", chart.Find("svg").GetAttribute("aria-label"));
    }

    [Fact]
    public void Without_points_it_says_so()
    {
        var chart = Render<LineChart>(p => p.Add(c => c.Title, "SFR").Add(c => c.Points, []));

        Assert.Contains("Nothing measured yet", chart.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void With_many_points_no_two_labels_stand_on_each_other()
    {
        var chart = Render<LineChart>(p => p.Add(c => c.Title, "SFR").Add(c => c.Points, [.. Enumerable.Range(1, 100).Select(i => new ChartPoint($"{i}", 0.5))]));

        Assert.InRange(chart.FindAll("text[text-anchor=middle]").Count, 8, 12);
    }
}
