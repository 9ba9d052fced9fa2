using System.Xml.Linq;
using SafeMedLabel.Application.Experiments;

namespace SafeMedLabel.Application.Tests.Experiments;

public sealed class BandFigureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Each_method_has_a_line_of_means_inside_a_band_from_its_lowest_seed_to_its_highest()
    {
        var figure = XDocument.Parse(BandFigure.Draw("SFR <&> t", "t", "SFR", [
            new FigureLine("a", [(0.7, [0.1, 0.3]), (0.9, [0.0, 0.2])]),
            new FigureLine("b", [(0.7, [0.5, 0.5]), (0.9, [0.5, 0.5])]),
        ]));

        Assert.Equal(2, figure.Descendants(Svg + "polyline").Count());
        var line = Heights(figure.Descendants(Svg + "polyline").First());
        var band = Heights(figure.Descendants(Svg + "polygon").First());
        // Heights grow downwards; the band goes along its upper edge, and back along its lower one.
        Assert.True(band[0] < line[0] && line[0] < band[3]);
        Assert.Equal((band[0] + band[3]) / 2, line[0], 0.1);
        Assert.Contains(figure.Descendants(Svg + "text"), t => t.Value == "SFR <&> t");
    }

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(40, 400)]
    [InlineData(20_000, 20_100)]
    public void Whatever_the_horizontal_axis_counts_the_line_spans_the_picture_and_stays_in_it(double from, double to)
    {
        var figure = XDocument.Parse(BandFigure.Draw("t", "x", "y", [new FigureLine("a", [(from, [0.1, 0.2]), (to, [0.3, 0.4])])]));

        double[] x = [.. figure.Descendants(Svg + "polyline").Single().Attribute("points")!.Value.Split(' ')
            .Select(p => double.Parse(p.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.All(x, value => Assert.InRange(value, 70, 620));
        Assert.True(x[1] - x[0] > 250);
    }

    [Fact]
    public void Many_names_stand_in_rows_above_the_picture_and_none_outside_it()
    {
        var lines = Enumerable.Range(0, 8).Select(i => new FigureLine($"method {i}", [(0, [0.1]), (1, [0.2])])).ToList();
        var figure = XDocument.Parse(BandFigure.Draw("t", "x", "y", lines));

        var names = figure.Descendants(Svg + "text").Where(t => t.Value.StartsWith("method", StringComparison.Ordinal)).ToList();
        var places = names.Select(n => (X: double.Parse(n.Attribute("x")!.Value, System.Globalization.CultureInfo.InvariantCulture), Y: n.Attribute("y")!.Value)).ToList();
        Assert.Equal(8, places.Distinct().Count());
        Assert.All(places, place => Assert.InRange(place.X, 70, 540));
        var top = figure.Descendants(Svg + "polyline").SelectMany(l => Heights(l)).Min();
        Assert.All(places, place => Assert.True(double.Parse(place.Y, System.Globalization.CultureInfo.InvariantCulture) < top));
    }

    private static double[] Heights(XElement shape) =>
        [.. shape.Attribute("points")!.Value.Split(' ').Select(p => double.Parse(p.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture))];
}
