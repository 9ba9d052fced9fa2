using System.Globalization;
using System.Text;
using CsvHelper;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Experiments;

/// <summary>
/// What is made of all finished runs of an experiment: <c>runs.csv</c>, <c>table.md</c>, and the figures. No run is left out: a
/// seed that not every method has finished is named.
/// </summary>
public sealed class ExperimentReport
{
    private const double Threshold = 0.95;
    private const string EqualCoverage = "0.90";

    private static readonly (string Name, Func<ExperimentRun, double> Read, bool IsRate)[] Measures =
    [
        ("accuracy", run => run.Report.Accuracy, true),
        ("AUC", run => run.Report.Auc ?? double.NaN, false),
        ("SFR over 0.80", run => run.Report.SilentFailureRate["0.80"], true),
        ("SFR over 0.95", run => run.Report.SilentFailureRate["0.95"], true),
        ("coverage over 0.95", run => run.Report.Coverage["0.95"], true),
        ("SFR at 90 % coverage", run => run.AtCoverage[EqualCoverage].SilentFailureRate, true),
        ("AURC", run => run.Report.Aurc, false),
        ("ECE", run => run.Report.Ece, false),
    ];

    private static readonly string[] Compared = ["accuracy", "AUC", "SFR over 0.95", "SFR at 90 % coverage", "AURC"];

    private readonly ExperimentFolder _folder;
    private readonly IReadOnlyList<ExperimentRun> _runs;
    private readonly string[] _methods;
    private readonly long[] _seeds;
    private readonly double _testToTraining;
    private readonly Dictionary<(string Method, long Seed), IReadOnlyList<TestedImage>> _images;

    /// <summary>Reads what the runs' models said.</summary>
    /// <param name="folder">The experiment.</param>
    /// <param name="runs">Its finished runs, at least one.</param>
    /// <param name="testToTraining">Test images for each training image, for the corrected t-test.</param>
    public ExperimentReport(ExperimentFolder folder, IReadOnlyList<ExperimentRun> runs, double testToTraining)
    {
        _folder = folder;
        _runs = runs;
        _testToTraining = testToTraining;
        _methods = [.. runs.Select(r => r.Method).Distinct()];
        _seeds = [.. runs.GroupBy(r => r.Seed).Where(g => g.Count() == _methods.Length).Select(g => g.Key).Order()];
        _images = runs.ToDictionary(r => (r.Method, r.Seed), folder.Images);
    }

    /// <summary>Writes all files; <paramref name="command"/> is the command that makes them again.</summary>
    public void Write(string command)
    {
        WriteRuns();
        File.WriteAllText(Path.Combine(_folder.Path, "table.md"), Table(command));
        File.WriteAllText(Path.Combine(_folder.Path, "risk-coverage.svg"), RiskCoverage());
        File.WriteAllText(Path.Combine(_folder.Path, "silent-failures.svg"), SilentFailures());
    }

    private void WriteRuns()
    {
        using var text = new StreamWriter(Path.Combine(_folder.Path, "runs.csv"));
        using var csv = new CsvWriter(text, CultureInfo.InvariantCulture);
        string[] head = ["method", "seed", "labelled", "unlabelled", "n", "patients", "split", .. Measures.Select(m => m.Name), "accepted", "rejected", "seconds"];
        foreach (var name in head)
        {
            csv.WriteField(name);
        }

        csv.NextRecord();
        foreach (var run in _runs)
        {
            object[] row =
            [
                run.Method, run.Seed, run.Labelled, run.Unlabelled, run.Report.Count, run.Report.Patients, run.SplitHash[..12],
                .. Measures.Select(m => (object)Math.Round(m.Read(run), 6)), run.Accepted, run.Rejected, Math.Round(run.Seconds, 1),
            ];
            foreach (var value in row)
            {
                csv.WriteField(value);
            }

            csv.NextRecord();
        }
    }

    private string Table(string command)
    {
        var text = new StringBuilder();
        void Line(string line) => text.AppendLine(line);
        Line($"    {command}");
        Line("");
        Line($"{_runs.Count} runs; each method's mean ± standard deviation over its seeds. SFR: wrong and more confident than the threshold.");
        var partial = _runs.Select(r => r.Seed).Distinct().Except(_seeds).Order().ToArray();
        if (partial.Length > 0)
        {
            Line($"Not every method has finished seed {string.Join(", ", partial)}; the comparisons are over the others.");
        }

        Line("");
        Line($"| method | seeds | {string.Join(" | ", Measures.Select(m => m.Name))} | pseudo-labels rejected |");
        Line($"|---|---|{string.Concat(Measures.Select(_ => "---|"))}---|");
        foreach (var method in _methods)
        {
            var runs = _runs.Where(r => r.Method == method).ToList();
            var judged = runs.Sum(r => r.Accepted + r.Rejected);
            Line($"| {method} | {string.Join(", ", runs.Select(r => r.Seed))} | {string.Join(" | ", Measures.Select(m => Spread([.. runs.Select(m.Read)], m.IsRate)))} | {(judged == 0 ? "–" : Percent((double)runs.Sum(r => r.Rejected) / judged))} |");
        }

        if (_methods.Length > 1 && _seeds.Length > 0)
        {
            Line("");
            Line($"Differences from {_methods[0]} on the same splits. p: t-test with Nadeau and Bengio's correction, in brackets Holm's over the methods; then the exact signed-rank test. Interval: 95 %, paired bootstrap over patients of all seeds.");
            Line("");
            Line("| method | measure | mean difference | p (Holm) | p, signed ranks | 95 % over patients |");
            Line("|---|---|---|---|---|---|");
            foreach (var comparison in Comparisons())
            {
                Line(comparison);
            }
        }

        return text.ToString();
    }

    private IEnumerable<string> Comparisons()
    {
        foreach (var measure in Measures.Where(m => Compared.Contains(m.Name)))
        {
            double[] Values(string method) => [.. _seeds.Select(seed => measure.Read(_runs.First(r => r.Method == method && r.Seed == seed)))];
            var baseline = Values(_methods[0]);
            MethodComparison[] compared = [.. _methods.Skip(1).Select(m => MethodComparison.Of(m, _methods[0], measure.Name, Values(m), baseline, _testToTraining))];
            var adjusted = HolmCorrection.Adjust([.. compared.Select(c => c.TTestP ?? 1)]);
            foreach (var (comparison, holm) in compared.Zip(adjusted))
            {
                var difference = measure.IsRate ? Points(comparison.MeanDifference) : comparison.MeanDifference.ToString("+0.0000;−0.0000;0", CultureInfo.InvariantCulture);
                var p = comparison.TTestP is { } value ? $"{P(value)} ({P(holm)})" : "–";
                yield return $"| {comparison.Method} | {comparison.Measure} | {difference} | {p} | {P(comparison.WilcoxonP)} | {Interval(comparison)} |";
            }
        }
    }

    /// <summary>The headline: patients drawn again and again, both methods judged on the same cells. Only where an image can be counted.</summary>
    private string Interval(MethodComparison comparison)
    {
        Func<TestedImage, bool>? isEvent = comparison.Measure switch
        {
            "accuracy" => image => image.Predicted == image.Label,
            "SFR over 0.95" => image => image.IsSilentFailure(Threshold),
            _ => null,
        };
        if (isEvent is null)
        {
            return "–";
        }

        var pairs = _seeds.SelectMany(seed => Paired(_images[(comparison.Method, seed)], _images[(comparison.Baseline, seed)])).ToList();
        var interval = PatientBootstrap.Difference(
            [.. pairs.Select(p => p.One.Patient)], i => (isEvent(pairs[i].One) ? 1 : 0) - (isEvent(pairs[i].Other) ? 1 : 0), seed: 0);
        return interval is { } range ? $"{Points(range.Low)} … {Points(range.High)}" : "–";
    }

    private static IEnumerable<(TestedImage One, TestedImage Other)> Paired(IReadOnlyList<TestedImage> one, IReadOnlyList<TestedImage> other)
    {
        var byHash = other.ToDictionary(i => i.ContentHash, StringComparer.Ordinal);
        return one.Select(image => (image, byHash[image.ContentHash]));
    }

    private string RiskCoverage()
    {
        double[] coverages = [.. Enumerable.Range(2, 19).Select(i => i * 0.05)];
        return BandFigure.Draw("Error among the images that are answered, by coverage", "coverage", "error", [.. _methods.Select(method => new FigureLine(
            method,
            [.. coverages.Select(coverage => (coverage, Values: (IReadOnlyList<double>)[.. Seeds(method).Select(images => Risk(images, coverage))]))]))]);
    }

    private string SilentFailures()
    {
        double[] thresholds = [.. Enumerable.Range(0, 15).Select(i => 0.7 + (i * 0.02))];
        return BandFigure.Draw("Silent-failure rate by confidence threshold", "threshold", "silent-failure rate", [.. _methods.Select(method => new FigureLine(
            method,
            [.. thresholds.Select(t => (t, Values: (IReadOnlyList<double>)[.. Seeds(method).Select(images => images.Count(i => i.IsSilentFailure(t)) / (double)images.Count)]))]))]);
    }

    private IEnumerable<IReadOnlyList<TestedImage>> Seeds(string method) => _runs.Where(r => r.Method == method).Select(r => _images[(method, r.Seed)]);

    /// <summary>Error among the surest images; equally sure ones in the order of their hashes.</summary>
    private static double Risk(IReadOnlyList<TestedImage> images, double coverage)
    {
        var answered = (int)Math.Round(coverage * images.Count);
        return answered == 0 ? 0 : images.OrderByDescending(i => i.Confidence).ThenBy(i => i.ContentHash, StringComparer.Ordinal)
            .Take(answered).Count(i => i.Predicted != i.Label) / (double)answered;
    }

    private static string Spread(double[] values, bool isRate)
    {
        var mean = values.Average();
        var deviation = values.Length < 2 ? (double?)null : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
        return isRate
            ? Percent(mean) + (deviation is { } d ? string.Create(CultureInfo.InvariantCulture, $" ± {d * 100:0.00}") : "")
            : string.Create(CultureInfo.InvariantCulture, $"{mean:0.0000}") + (deviation is { } e ? string.Create(CultureInfo.InvariantCulture, $" ± {e:0.0000}") : "");
    }

    private static string Percent(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate * 100:0.00} %");

    private static string Points(double difference) => (difference * 100).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) + " points";

    private static string P(double p) => p < 0.0001 ? "< 0.0001" : p.ToString("0.0000", CultureInfo.InvariantCulture);
}
