using System.Globalization;
using System.Text;
using SafeMedLabel.Core.Figures;

namespace SafeMedLabel.Application.Experiments;

/// <summary>A line of a figure.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Points">From left to right: x, and the values of all seeds there.</param>
public sealed record FigureLine(string Name, IReadOnlyList<(double X, IReadOnlyList<double> Values)> Points);

/// <summary>
/// A figure as SVG: for each line the mean over seeds, and a band from the lowest to the highest seed. Drawn here because chart
/// libraries draw no band.
/// </summary>
public static class BandFigure
{
    private const int Width = 640;
    private const int Height = 420;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 44;
    private const int Bottom = 56;
    private const int NamesInRow = 3;
    private const int NameWidth = 185;
    private const int NameHeight = 16;

    // Okabe and Ito's colours, which people with any colour vision tell apart.
    private static readonly string[] Colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];

    /// <summary>Draws it.</summary>
    /// <param name="title">Above it.</param>
    /// <param name="xTitle">Beneath the horizontal axis.</param>
    /// <param name="yTitle">Beside the vertical axis, whose values are fractions, shown as per cent.</param>
    /// <param name="lines">At least one, each with at least one point.</param>
    public static string Draw(string title, string xTitle, string yTitle, IReadOnlyList<FigureLine> lines)
    {
        var all = lines.SelectMany(l => l.Points).ToList();
        var horizontal = ChartAxis.Over(all.Min(p => p.X), all.Max(p => p.X), 0, double.PositiveInfinity);
        var vertical = ChartAxis.Over(all.Min(p => p.Values.Min()), all.Max(p => p.Values.Max()), 0, 1);
        // The names stand above the picture, a few in a row.
        var top = Top + ((lines.Count - 1) / NamesInRow * NameHeight);
        double X(double x) => Left + (horizontal.Position(x) * (Width - Left - Right));
        double Y(double y) => Height - Bottom - (vertical.Position(y) * (Height - top - Bottom));

        var svg = new StringBuilder();
        void Add(FormattableString element) => svg.AppendLine(FormattableString.Invariant(element));
        Add($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12" fill="#222">""");
        Add($"""<rect width="{Width}" height="{Height}" fill="#fff"/>""");
        Add($"""<text x="{Left}" y="20" font-size="14" font-weight="bold">{Escape(title)}</text>""");
        foreach (var tick in vertical.Ticks)
        {
            Add($"""<line x1="{Left}" x2="{Width - Right}" y1="{Y(tick):0.#}" y2="{Y(tick):0.#}" stroke="#ddd"/><text x="{Left - 8}" y="{Y(tick) + 4:0.#}" text-anchor="end">{tick * 100:0.##} %</text>""");
        }

        foreach (var tick in horizontal.Ticks)
        {
            Add($"""<text x="{X(tick):0.#}" y="{Height - Bottom + 18}" text-anchor="middle">{tick:0.##}</text>""");
        }

        Add($"""<text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">{Escape(xTitle)}</text>""");
        Add($"""<text transform="translate(16 {(top + Height - Bottom) / 2}) rotate(-90)" text-anchor="middle">{Escape(yTitle)}</text>""");
        foreach (var (line, index) in lines.Select((line, index) => (line, index)))
        {
            var colour = Colours[index % Colours.Length];
            var upper = line.Points.Select(p => Pair(X(p.X), Y(p.Values.Max())));
            var lower = line.Points.Reverse().Select(p => Pair(X(p.X), Y(p.Values.Min())));
            Add($"""<polygon points="{string.Join(' ', upper.Concat(lower))}" fill="{colour}" opacity="0.15"/>""");
            Add($"""<polyline points="{string.Join(' ', line.Points.Select(p => Pair(X(p.X), Y(p.Values.Average()))))}" fill="none" stroke="{colour}" stroke-width="2"/>""");
            var (nameX, nameY) = (Left + (index % NamesInRow * NameWidth), Top - 8 + (index / NamesInRow * NameHeight));
            Add($"""<rect x="{nameX}" y="{nameY - 6}" width="18" height="4" fill="{colour}"/><text x="{nameX + 24}" y="{nameY}">{Escape(line.Name)}</text>""");
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static string Pair(double x, double y) => string.Create(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.#}");

    private static string Escape(string text) => System.Net.WebUtility.HtmlEncode(text);
}
