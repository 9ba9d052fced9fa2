using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Web.Model;

/// <summary>A measure against the number of labels, as measured and as forecast.</summary>
internal static class OutlookFigures
{
    /// <summary>Part of the way that the curve is drawn at, at equal steps.</summary>
    private const int Steps = 24;

    /// <summary>The silent-failure rate.</summary>
    public static LineFigure SilentFailures(Outlook outlook) =>
        Of(outlook, r => r.SilentFailureRate, r => RateInterval.Between(r.SilentFailureLow, r.SilentFailureHigh));

    /// <summary>The accuracy.</summary>
    public static LineFigure Accuracy(Outlook outlook) => Of(outlook, r => r.Accuracy, r => RateInterval.Between(r.AccuracyLow, r.AccuracyHigh));

    private static LineFigure Of(Outlook outlook, Func<Round, double?> measure, Func<Round, RateInterval?> intervalOf)
    {
        List<Round> rounds = [.. outlook.Rounds.Where(r => measure(r) is not null)];
        var lines = new List<ChartLine> { new("measured, 95 % interval", [.. rounds.Select(r => ((double)r.LabelCount, measure(r)!.Value))]) { Intervals = [.. rounds.Select(intervalOf)] } };
        var rows = rounds.Select(r => (IReadOnlyList<FigureCell>)
            [
                new($"Round {r.Number}"),
                FigureCell.Count(r.LabelCount),
                FigureCell.Percent(measure(r)),
                FigureCell.Percent(intervalOf(r)?.Low),
                FigureCell.Percent(intervalOf(r)?.High),
            ]).ToList();
        if (outlook.CurveOf(measure) is { } curve)
        {
            var (first, now) = (rounds.Min(r => r.LabelCount), rounds[^1].LabelCount);
            var then = now + outlook.More;
            lines.Add(new ChartLine("fitted and forecast", [.. Enumerable.Range(0, Steps + 1).Select(i => first + ((then - first) * i / Steps)).Select(n => ((double)n, Within(curve.At(n))))]));
            var (_, margin) = curve.Change(now, then);
            rows.Add([new("Forecast"), FigureCell.Count(then), FigureCell.Percent(Within(curve.At(then))), FigureCell.Percent(Within(curve.At(then) - margin)), FigureCell.Percent(Within(curve.At(then) + margin))]);
        }

        return new LineFigure(lines, new FigureTable(["Round", "Labels", "Value", "95 % from", "to"], rows));
    }

    /// <summary>A straight line may leave what a rate can be.</summary>
    private static double Within(double rate) => Math.Clamp(rate, 0, 1);
}
