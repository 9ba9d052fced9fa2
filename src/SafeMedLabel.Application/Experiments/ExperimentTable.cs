using System.Globalization;
using System.Text;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Experiments;

/// <summary>The text of <c>table.md</c>: each method's measures, the tests between methods, the ablations and the filter's ledger.</summary>
internal sealed class ExperimentTable
{
    private readonly IReadOnlyList<ExperimentRun> _runs;
    private readonly Func<ExperimentRun, IReadOnlyList<TestedImage>> _images;
    private readonly ExperimentMeasure[] _measures;
    private readonly string[] _methods;
    private readonly long[] _seeds;
    private readonly double _testToTraining;
    private readonly StringBuilder _text = new();

    public ExperimentTable(IReadOnlyList<ExperimentRun> runs, Func<ExperimentRun, IReadOnlyList<TestedImage>> images)
    {
        (_runs, _images) = (runs, images);
        _measures = ExperimentMeasure.Of(runs[0].ClassNames);
        _methods = [.. runs.Select(r => r.Method).Distinct()];
        _seeds = [.. runs.GroupBy(r => r.Seed).Where(g => g.Count() == _methods.Length).Select(g => g.Key).Order()];
        _testToTraining = runs.Average(r => (double)r.Report.Count / (r.Labelled + r.Unlabelled));
    }

    public string Write(string command)
    {
        Line($"    {command}");
        Line("");
        Line($"{_runs.Count} runs; each method's mean ± standard deviation over its seeds. SFR: wrong and more confident than the threshold; of a class: among the images of that class.");
        var partial = _runs.Select(r => r.Seed).Distinct().Except(_seeds).Order().ToArray();
        if (partial.Length > 0)
        {
            Line($"Not every method has finished seed {string.Join(", ", partial)}; the comparisons are over the others.");
        }

        Line("");
        Row(["method", "seeds", .. _measures.Select(m => m.Name)]);
        Rule(_measures.Length + 2);
        foreach (var method in _methods)
        {
            var runs = RunsOf(method);
            Row([method, string.Join(", ", runs.Select(r => r.Seed)), .. _measures.Select(m => Spread([.. runs.Select(m.Read)], m.IsRate))]);
        }

        var variants = _methods.Where(m => BaseOf(m) is { } name && _methods.Contains(name)).ToArray();
        Compare($"Differences from {_methods[0]} on the same splits", [.. _methods.Skip(1).Except(variants).Select(m => (m, _methods[0]))]);
        Compare("Ablations: differences from the same method without the piece after '+'", [.. variants.Select(m => (m, BaseOf(m)!))]);
        WriteLedger();
        return _text.ToString();
    }

    /// <summary>What the method was before its pieces were changed; null where none was.</summary>
    private static string? BaseOf(string method) => method.IndexOf('+', StringComparison.Ordinal) is var plus and > 0 ? method[..plus] : null;

    private void Compare(string title, IReadOnlyList<(string Method, string Baseline)> pairs)
    {
        if (pairs.Count == 0 || _seeds.Length == 0)
        {
            return;
        }

        Line("");
        Line($"{title}. p: t-test with Nadeau and Bengio's correction, in brackets Holm's over the methods; then the exact signed-rank test. Interval: 95 %, paired bootstrap over patients of all seeds.");
        Line("");
        Row(["method", "compared with", "measure", "mean difference", "p (Holm)", "p, signed ranks", "95 % over patients"]);
        Rule(7);
        foreach (var measure in _measures.Where(m => m.IsCompared))
        {
            MethodComparison[] compared = [.. pairs.Select(p => MethodComparison.Of(p.Method, p.Baseline, measure.Name, Values(p.Method, measure), Values(p.Baseline, measure), _testToTraining))];
            var adjusted = HolmCorrection.Adjust([.. compared.Select(c => c.TTestP ?? 1)]);
            foreach (var (comparison, holm) in compared.Zip(adjusted))
            {
                var difference = measure.IsRate ? Points(comparison.MeanDifference) : comparison.MeanDifference.ToString("+0.0000;−0.0000;0", CultureInfo.InvariantCulture);
                var p = comparison.TTestP is { } value ? $"{P(value)} ({P(holm)})" : "–";
                Row([comparison.Method, comparison.Baseline, comparison.Measure, difference, p, P(comparison.WilcoxonP), Interval(comparison, measure)]);
            }
        }
    }

    /// <summary>The headline: patients drawn again and again, both methods judged on the same cells. Only where an image can be counted.</summary>
    private string Interval(MethodComparison comparison, ExperimentMeasure measure)
    {
        if (measure.IsEvent is not { } isEvent)
        {
            return "–";
        }

        var items = _seeds.SelectMany(seed => Differences(Run(comparison.Method, seed), Run(comparison.Baseline, seed), isEvent)).ToList();
        var interval = PatientBootstrap.Difference([.. items.Select(i => i.Patient)], i => items[i].Difference, seed: 0);
        return interval is { } range ? $"{Points(range.Low)} … {Points(range.High)}" : "–";
    }

    private IEnumerable<(string Patient, int Difference)> Differences(ExperimentRun one, ExperimentRun other, Func<ExperimentRun, TestedImage, bool> isEvent)
    {
        var others = _images(other).ToDictionary(i => i.ContentHash, StringComparer.Ordinal);
        return _images(one).Select(image => (image.Patient, (isEvent(one, image) ? 1 : 0) - (isEvent(other, others[image.ContentHash]) ? 1 : 0)));
    }

    private void WriteLedger()
    {
        var judging = _methods.Where(m => RunsOf(m).Any(r => r.Ledger.Judged > 0)).ToArray();
        if (judging.Length == 0)
        {
            return;
        }

        Line("");
        Line("What became of the pseudo-labels, over all epochs and seeds, and in the last epochs. Wrong: by the pool's true classes, which no method sees.");
        Line("");
        Row(["method", "epochs", "judged", "stopped by uncertainty", "stopped by confidence", "mean weight of the others", "wrong among those let through", "wrong among those stopped"]);
        Rule(8);
        foreach (var method in judging)
        {
            LedgerRow(method, "all", RunsOf(method).Select(r => r.Ledger));
            LedgerRow(method, "last", RunsOf(method).Select(r => r.Ledgers[^1]));
        }
    }

    private void LedgerRow(string method, string epochs, IEnumerable<FilterLedger> ledgers)
    {
        var sum = ledgers.Aggregate((a, b) => a + b);
        static string Rate(long part, long whole) => whole == 0 ? "–" : Percent((double)part / whole);
        Row(
            [
                method, epochs, sum.Judged.ToString("N0", CultureInfo.InvariantCulture), Rate(sum.Uncertain, sum.Judged), Rate(sum.Unsure, sum.Judged),
                sum.MeanWeight.ToString("0.00", CultureInfo.InvariantCulture), Rate(sum.AcceptedWrong, sum.Accepted), Rate(sum.RejectedWrong, sum.Rejected),
            ]);
    }

    private List<ExperimentRun> RunsOf(string method) => [.. _runs.Where(r => r.Method == method)];

    private ExperimentRun Run(string method, long seed) => _runs.First(r => r.Method == method && r.Seed == seed);

    private double[] Values(string method, ExperimentMeasure measure) => [.. _seeds.Select(seed => measure.Read(Run(method, seed)))];

    private void Line(string line) => _text.AppendLine(line);

    private void Row(IEnumerable<string> cells) => Line($"| {string.Join(" | ", cells)} |");

    private void Rule(int columns) => Line($"|{string.Concat(Enumerable.Repeat("---|", columns))}");

    private static string Spread(double[] values, bool isRate)
    {
        var (mean, deviation) = Sample.MeanAndDeviation(values);
        return isRate
            ? Percent(mean) + (deviation is { } d ? string.Create(CultureInfo.InvariantCulture, $" ± {d * 100:0.00}") : "")
            : string.Create(CultureInfo.InvariantCulture, $"{mean:0.0000}") + (deviation is { } e ? string.Create(CultureInfo.InvariantCulture, $" ± {e:0.0000}") : "");
    }

    private static string Percent(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate * 100:0.00} %");

    private static string Points(double difference) => (difference * 100).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) + " points";

    private static string P(double p) => p < 0.0001 ? "< 0.0001" : p.ToString("0.0000", CultureInfo.InvariantCulture);
}
