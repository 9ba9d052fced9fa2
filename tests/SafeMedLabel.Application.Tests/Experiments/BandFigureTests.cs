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

    private static double[] Heights(XElement shape) =>
        [.. shape.Attribute("points")!.Value.Split(' ').Select(p => double.Parse(p.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture))];
}
