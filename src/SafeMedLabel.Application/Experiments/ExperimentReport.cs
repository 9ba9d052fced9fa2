using System.Globalization;
using CsvHelper;

namespace SafeMedLabel.Application.Experiments;

/// <summary>
/// What is made of all finished runs of an experiment: <c>runs.csv</c>, <c>table.md</c>, and the figures. No run is left out: a
/// seed that not every method has finished is named.
/// </summary>
/// <param name="folder">The experiment.</param>
/// <param name="runs">Its finished runs, at least one.</param>
public sealed class ExperimentReport(ExperimentFolder folder, IReadOnlyList<ExperimentRun> runs)
{
    private readonly Dictionary<(string, long), IReadOnlyList<TestedImage>> _images = runs.ToDictionary(run => (run.Method, run.Seed), run => folder.Images(run.Method, run.Seed));

    /// <summary>Writes all files; <paramref name="command"/> is the command that makes them again.</summary>
    public void Write(string command)
    {
        WriteRuns();
        File.WriteAllText(Path.Combine(folder.Path, "table.md"), new ExperimentTable(runs, ImagesOf).Write(command));
        File.WriteAllText(Path.Combine(folder.Path, "risk-coverage.svg"), RiskCoverage());
        File.WriteAllText(Path.Combine(folder.Path, "silent-failures.svg"), SilentFailures());
    }

    private void WriteRuns()
    {
        using var text = new StreamWriter(Path.Combine(folder.Path, "runs.csv"));
        using var csv = new CsvWriter(text, CultureInfo.InvariantCulture);
        var measures = ExperimentMeasure.Of(runs[0].ClassNames);
        WriteRow(csv, ["method", "seed", "labelled", "unlabelled", "n", "patients", "split", .. measures.Select(m => m.Name), "temperature", "accepted", "uncertain", "unsure", "accepted wrong", "rejected wrong", "seconds"]);
        foreach (var run in runs)
        {
            var ledger = run.Ledger;
            WriteRow(
                csv,
                [
                    run.Method, run.Seed, run.Labelled, run.Unlabelled, run.Report.Count, run.Report.Patients, run.SplitHash[..12],
                    .. measures.Select(m => (object)Math.Round(m.Read(run), 6)), Math.Round(run.Temperature, 4),
                    ledger.Accepted, ledger.Uncertain, ledger.Unsure, ledger.AcceptedWrong, ledger.RejectedWrong, Math.Round(run.Seconds, 1),
                ]);
        }
    }

    private static void WriteRow(CsvWriter csv, object[] values)
    {
        foreach (var value in values)
        {
            csv.WriteField(value);
        }

        csv.NextRecord();
    }

    private string RiskCoverage()
    {
        double[] coverages = [.. Enumerable.Range(2, 19).Select(i => i * 0.05)];
        return BandFigure.Draw("Error among the images that are answered, by coverage", "coverage", "error", Lines(coverages, Risks));

        double[] Risks(IReadOnlyList<TestedImage> images)
        {
            // Equally sure ones in the order of their hashes.
            TestedImage[] surest = [.. images.OrderByDescending(i => i.Confidence).ThenBy(i => i.ContentHash, StringComparer.Ordinal)];
            return [.. coverages.Select(coverage => Fraction(surest[..Math.Max(1, (int)Math.Round(coverage * surest.Length))], i => i.Predicted != i.Label))];
        }
    }

    private string SilentFailures()
    {
        double[] thresholds = [.. Enumerable.Range(0, 15).Select(i => 0.7 + (i * 0.02))];
        return BandFigure.Draw(
            "Silent-failure rate by confidence threshold",
            "threshold",
            "silent-failure rate",
            Lines(thresholds, images => [.. thresholds.Select(threshold => Fraction(images, i => i.IsSilentFailure(threshold)))]));
    }

    /// <summary>A line for each method; <paramref name="curveOf"/> gives the values of a run at <paramref name="positions"/>.</summary>
    private FigureLine[] Lines(double[] positions, Func<IReadOnlyList<TestedImage>, double[]> curveOf) => [.. runs.GroupBy(run => run.Method).Select(method =>
    {
        double[][] curves = [.. method.Select(run => curveOf(ImagesOf(run)))];
        return new FigureLine(method.Key, [.. positions.Select((x, i) => (x, (IReadOnlyList<double>)[.. curves.Select(curve => curve[i])]))]);
    })];

    private IReadOnlyList<TestedImage> ImagesOf(ExperimentRun run) => _images[(run.Method, run.Seed)];

    private static double Fraction(IReadOnlyCollection<TestedImage> images, Func<TestedImage, bool> counts) => (double)images.Count(counts) / images.Count;
}
