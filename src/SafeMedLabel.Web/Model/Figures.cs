using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Web.Model;

/// <summary>A line of a chart.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Points">From left to right.</param>
public sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points)
{
    /// <summary>
    /// Of each point, null where unknown. Where given, points are measurements that are drawn as dots with their intervals, and nothing is drawn between
    /// them; null for a curve.
    /// </summary>
    public IReadOnlyList<RateInterval?>? Intervals { get; init; }
}

/// <summary>A cell of the table behind a figure.</summary>
/// <param name="Text">As it is read.</param>
/// <param name="Value">In full, for the file; null where the text is all.</param>
public sealed record FigureCell(string Text, double? Value = null)
{
    /// <summary>A fraction, read as per cent.</summary>
    public static FigureCell Percent(double? fraction) => new(Show.Percent(fraction), fraction);

    /// <summary>A difference of two fractions, read as points.</summary>
    public static FigureCell Points(double? difference) => new(Show.BarePoints(difference), difference);

    /// <summary>A number of things.</summary>
    public static FigureCell Count(long count) => new(Show.Count(count), count);

    /// <summary>A number between 0 and 1 that is no part of anything.</summary>
    public static FigureCell Number(double? value) => new(Show.Auc(value), value);
}

/// <summary>The table behind a figure.</summary>
/// <param name="Columns">Their headings; the first is of what each row is about.</param>
/// <param name="Rows">As many cells each as there are columns.</param>
public sealed record FigureTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<FigureCell>> Rows)
{
    private const int LongestOnPaper = 12;
    private const int NarrowColumns = 4;

    /// <summary>The table as it stands on paper: a long one in parts of equal length that go side by side, four where it is narrow and else two.</summary>
    public IEnumerable<FigureTable> InParts()
    {
        var parts = Rows.Count <= LongestOnPaper ? 1 : Columns.Count <= NarrowColumns ? 4 : 2;
        return Rows.Chunk(Math.Max(1, (Rows.Count + parts - 1) / parts)).Select(rows => this with { Rows = rows });
    }
}
