using System.Globalization;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Web.Model;

/// <summary>Lines, and the table behind them.</summary>
internal sealed record LineFigure(IReadOnlyList<ChartLine> Lines, FigureTable Table);

/// <summary>What the pictures of a round show.</summary>
internal sealed class RoundFigures
{
    private const int ReliabilityBins = 10;
    private const int UncertaintyBins = 20;

    private static readonly double[] Thresholds = [.. Enumerable.Range(50, 50).Select(t => t / 100.0)];
    private static readonly double[] Coverages = [.. Enumerable.Range(1, 50).Select(c => c / 50.0)];

    /// <summary>Reads the figures from what models said of the test set.</summary>
    /// <param name="models">By name, as 'round 3': the round's own first, then those that it is drawn beside.</param>
    /// <param name="classNames">In index order.</param>
    public RoundFigures(IReadOnlyList<(string Name, TestedSet Tested)> models, IReadOnlyList<string> classNames)
    {
        var (name, tested) = models[0];
        SilentFailures = SilentFailuresOf(models);
        RiskCoverage = RiskCoverageOf(models);
        Reliability = ReliabilityOf(name, tested.Set);
        Uncertainty = UncertaintyOf(tested);
        Confusion = ConfusionOf(tested.Set, classNames);
    }

    /// <summary>Silent-failure rate over the threshold.</summary>
    public LineFigure SilentFailures { get; }

    /// <summary>Error among the surest images, by how many are answered.</summary>
    public LineFigure RiskCoverage { get; }

    /// <summary>Accuracy over confidence.</summary>
    public LineFigure Reliability { get; }

    /// <summary>How the uncertainties of right and of wrong images are spread: parts of each in equal bins.</summary>
    public LineFigure Uncertainty { get; }

    /// <summary>K×K counts (row = true class, column = predicted class) and the table of them.</summary>
    public (IReadOnlyList<int[]> Counts, FigureTable Table) Confusion { get; }

    /// <summary>All that was measured, with its doubt.</summary>
    public static FigureTable Measures(IReadOnlyList<MeasuredValue> measures, double threshold, IReadOnlyList<string> classNames) => new(
        ["Measure", "Value", "95 % from", "to", "Images"],
        [.. measures.Select(m => (IReadOnlyList<FigureCell>)
            [new(Name(m.Measure, threshold, m.ClassIndex is { } k ? classNames[k] : null)), Cell(m, m.Value), Cell(m, m.Interval?.Low), Cell(m, m.Interval?.High), FigureCell.Count(m.Count)])]);

    /// <summary>Silent-failure rate over the threshold, of models by name.</summary>
    public static LineFigure SilentFailuresOf(IReadOnlyList<(string Name, TestedSet Tested)> models) =>
        Compare(models, "Threshold", Thresholds, set => [.. Thresholds.Select(t => Metrics.SilentFailureRate(set, t))]);

    /// <summary>Error among the surest images, by how many are answered, of models by name.</summary>
    public static LineFigure RiskCoverageOf(IReadOnlyList<(string Name, TestedSet Tested)> models) =>
        Compare(models, "Coverage", Coverages, set => Metrics.RiskAtCoverage(set, Coverages));

    private static LineFigure ReliabilityOf(string name, PredictionSet set)
    {
        var bins = ConfidenceBin.Of(set, ReliabilityBins);
        return new LineFigure(
            [new ChartLine(name, [.. bins.Select(b => (b.Confidence, b.Accuracy))])],
            new FigureTable(
                ["Confidence", "Mean confidence", "Accuracy", "Images"],
                [.. bins.Select(b => (IReadOnlyList<FigureCell>)[new($"{Show.Threshold(b.Low)} to {Show.Threshold(b.High)}"), FigureCell.Percent(b.Confidence), FigureCell.Percent(b.Accuracy), FigureCell.Count(b.Count)])]));
    }

    private static LineFigure UncertaintyOf(TestedSet tested)
    {
        var widest = tested.Uncertainty.Max();
        var width = widest > 0 ? widest / UncertaintyBins : 1.0 / UncertaintyBins;
        var (right, wrong) = (new int[UncertaintyBins], new int[UncertaintyBins]);
        for (var i = 0; i < tested.Set.Count; i++)
        {
            (tested.Set.IsCorrect(i) ? right : wrong)[Math.Min(UncertaintyBins - 1, (int)(tested.Uncertainty[i] / width))]++;
        }

        var (partsRight, partsWrong) = (Parts(right), Parts(wrong));
        ChartLine Line(string of, double[] parts) => new(of, [.. parts.Index().Select(p => ((p.Index + 0.5) * width, p.Item))]);
        return new LineFigure(
            [Line("right", partsRight), Line("wrong", partsWrong)],
            new FigureTable(
                ["Uncertainty up to", "Right", "Wrong", "Part of the right", "Part of the wrong"],
                [.. Enumerable.Range(0, UncertaintyBins).Select(b => (IReadOnlyList<FigureCell>)
                    [
                        new(((b + 1) * width).ToString("0.0000", CultureInfo.InvariantCulture), (b + 1) * width),
                        FigureCell.Count(right[b]),
                        FigureCell.Count(wrong[b]),
                        FigureCell.Percent(partsRight[b]),
                        FigureCell.Percent(partsWrong[b]),
                    ])]));
    }

    private static double[] Parts(int[] counts)
    {
        var all = counts.Sum();
        return [.. counts.Select(n => all == 0 ? 0 : (double)n / all)];
    }

    private static (IReadOnlyList<int[]> Counts, FigureTable Table) ConfusionOf(PredictionSet set, IReadOnlyList<string> classNames)
    {
        var counts = Metrics.ConfusionMatrix(set);
        return (counts, new FigureTable(
            ["It is", .. classNames.Select(said => $"Taken for {said}")],
            [.. counts.Index().Select(row => (IReadOnlyList<FigureCell>)[new(classNames[row.Index]), .. row.Item.Select(n => FigureCell.Count(n))])]));
    }

    private static FigureCell Cell(MeasuredValue measured, double? value) =>
        measured.Measure is Measure.Auc or Measure.Aurc or Measure.Ece ? FigureCell.Number(value) : FigureCell.Percent(value);

    /// <summary>A measure by its name.</summary>
    /// <param name="measure">The measure.</param>
    /// <param name="threshold">Of silent failures and coverage.</param>
    /// <param name="className">Of sensitivity and specificity.</param>
    public static string Name(Measure measure, double threshold, string? className = null) => measure switch
    {
        Measure.Accuracy => "Accuracy",
        Measure.Sensitivity => $"Sensitivity to {className}",
        Measure.Specificity => $"Specificity for {className}",
        Measure.Auc => "AUC",
        Measure.SilentFailureRate => $"Silent failures over {Show.Threshold(threshold)}",
        Measure.Coverage => $"Coverage: answered over {Show.Threshold(threshold)}",
        Measure.CertifiedSilentFailureRate => "Silent failures over the certified threshold",
        Measure.CertifiedCoverage => "Coverage over the certified threshold",
        Measure.Aurc => "Area under risk–coverage (AURC)",
        _ => "Expected calibration error (ECE)",
    };

    /// <summary>The same curve of each model, side by side.</summary>
    private static LineFigure Compare(
        IReadOnlyList<(string Name, TestedSet Tested)> models, string xTitle, double[] positions, Func<PredictionSet, IReadOnlyList<double>> curveOf)
    {
        var curves = models.Select(m => (m.Name, Values: curveOf(m.Tested.Set))).ToList();
        return new LineFigure(
            [.. curves.Select(c => new ChartLine(c.Name, [.. positions.Zip(c.Values)]))],
            new FigureTable(
                [xTitle, .. curves.Select(c => c.Name)],
                [.. positions.Index().Select(p => (IReadOnlyList<FigureCell>)[new(Show.Threshold(p.Item), p.Item), .. curves.Select(c => FigureCell.Percent(c.Values[p.Index]))])]));
    }
}
