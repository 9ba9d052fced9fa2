using System.Globalization;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Web.Model;

/// <summary>Lines, and the table behind them.</summary>
internal sealed record LineFigure(IReadOnlyList<ChartLine> Lines, FigureTable Table);

/// <summary>What the pictures of a round show.</summary>
/// <param name="name">Of the round's model, as 'round 3'.</param>
/// <param name="tested">What the model said of the test set.</param>
/// <param name="others">Models that it is drawn beside, by name.</param>
/// <param name="classNames">In index order.</param>
internal sealed class RoundFigures(string name, TestedSet tested, IReadOnlyList<(string Name, TestedSet Tested)> others, IReadOnlyList<string> classNames)
{
    private const int ReliabilityBins = 10;
    private const int UncertaintyBins = 20;

    private static readonly double[] Thresholds = [.. Enumerable.Range(50, 50).Select(t => t / 100.0)];
    private static readonly double[] Coverages = [.. Enumerable.Range(1, 50).Select(c => c / 50.0)];

    private readonly PredictionSet _set = tested.Set;
    private readonly IReadOnlyList<(string Name, TestedSet Tested)> _models = [(name, tested), .. others];

    /// <summary>Silent-failure rate over the threshold.</summary>
    public LineFigure SilentFailures() => Compare("Threshold", Thresholds, set => [.. Thresholds.Select(t => Metrics.SilentFailureRate(set, t))]);

    /// <summary>Error among the surest images, by how many are answered.</summary>
    public LineFigure RiskCoverage() => Compare("Coverage", Coverages, set => Metrics.RiskAtCoverage(set, Coverages));

    /// <summary>Accuracy over confidence.</summary>
    public LineFigure Reliability()
    {
        var bins = ConfidenceBin.Of(_set, ReliabilityBins);
        return new LineFigure(
            [new ChartLine(name, [.. bins.Select(b => (b.Confidence, b.Accuracy))])],
            new FigureTable(
                ["Confidence", "Mean confidence", "Accuracy", "Images"],
                [.. bins.Select(b => (IReadOnlyList<FigureCell>)[new($"{T(b.Low)} to {T(b.High)}"), FigureCell.Percent(b.Confidence), FigureCell.Percent(b.Accuracy), FigureCell.Count(b.Count)])]));
    }

    /// <summary>How the uncertainties of right and of wrong images are spread: parts of each in equal bins.</summary>
    public LineFigure Uncertainty()
    {
        var widest = tested.Uncertainty.Max();
        var width = widest > 0 ? widest / UncertaintyBins : 1.0 / UncertaintyBins;
        var (right, wrong) = (Spread(correct: true), Spread(correct: false));
        double[] Parts(int[] counts) => [.. counts.Select(n => counts.Sum() == 0 ? 0 : (double)n / counts.Sum())];
        ChartLine Line(string of, int[] counts) => new(of, [.. Parts(counts).Index().Select(p => ((p.Index + 0.5) * width, p.Item))]);
        return new LineFigure(
            [Line("right", right), Line("wrong", wrong)],
            new FigureTable(
                ["Uncertainty up to", "Right", "Wrong", "Part of the right", "Part of the wrong"],
                [.. Enumerable.Range(0, UncertaintyBins).Select(b => (IReadOnlyList<FigureCell>)
                    [
                        new(((b + 1) * width).ToString("0.0000", CultureInfo.InvariantCulture), (b + 1) * width),
                        FigureCell.Count(right[b]),
                        FigureCell.Count(wrong[b]),
                        FigureCell.Percent(Parts(right)[b]),
                        FigureCell.Percent(Parts(wrong)[b]),
                    ])]));

        int[] Spread(bool correct)
        {
            var counts = new int[UncertaintyBins];
            for (var i = 0; i < _set.Count; i++)
            {
                counts[Math.Min(UncertaintyBins - 1, (int)(tested.Uncertainty[i] / width))] += _set.IsCorrect(i) == correct ? 1 : 0;
            }

            return counts;
        }
    }

    /// <summary>K×K counts (row = true class, column = predicted class) and the table of them.</summary>
    public (IReadOnlyList<int[]> Counts, FigureTable Table) Confusion()
    {
        var counts = Metrics.ConfusionMatrix(_set);
        return (counts, new FigureTable(
            ["It is", .. classNames.Select(said => $"Taken for {said}")],
            [.. counts.Index().Select(row => (IReadOnlyList<FigureCell>)[new(classNames[row.Index]), .. row.Item.Select(n => FigureCell.Count(n))])]));
    }

    /// <summary>All that was measured, with its doubt.</summary>
    public static FigureTable Measures(IReadOnlyList<MeasuredValue> measures, double threshold, IReadOnlyList<string> classNames) => new(
        ["Measure", "Value", "95 % from", "to", "Images"],
        [.. measures.Select(m => (IReadOnlyList<FigureCell>)
            [new(Name(m, threshold, classNames)), Cell(m, m.Value), Cell(m, m.Interval?.Low), Cell(m, m.Interval?.High), FigureCell.Count(m.Count)])]);

    private static FigureCell Cell(MeasuredValue measured, double? value) =>
        measured.Measure is Measure.Auc or Measure.Aurc or Measure.Ece ? FigureCell.Number(value) : FigureCell.Percent(value);

    private static string Name(MeasuredValue measured, double threshold, IReadOnlyList<string> classNames) => measured.Measure switch
    {
        Measure.Accuracy => "Accuracy",
        Measure.Sensitivity => $"Sensitivity to {classNames[measured.ClassIndex!.Value]}",
        Measure.Specificity => $"Specificity for {classNames[measured.ClassIndex!.Value]}",
        Measure.Auc => "AUC",
        Measure.SilentFailureRate => $"Silent failures over {T(threshold)}",
        Measure.Coverage => $"Coverage: answered over {T(threshold)}",
        Measure.Aurc => "Area under risk–coverage (AURC)",
        _ => "Expected calibration error (ECE)",
    };

    /// <summary>The same curve of each model, side by side.</summary>
    private LineFigure Compare(string xTitle, double[] positions, Func<PredictionSet, IReadOnlyList<double>> curveOf)
    {
        var curves = _models.Select(m => (m.Name, Values: curveOf(m.Tested.Set))).ToList();
        return new LineFigure(
            [.. curves.Select(c => new ChartLine(c.Name, [.. positions.Zip(c.Values)]))],
            new FigureTable(
                [xTitle, .. curves.Select(c => c.Name)],
                [.. positions.Index().Select(p => (IReadOnlyList<FigureCell>)[new(T(p.Item), p.Item), .. curves.Select(c => FigureCell.Percent(c.Values[p.Index]))])]));
    }

    private static string T(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
