using System.Globalization;
using System.Text;
using CsvHelper;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Experiments;

/// <summary>Learning curves of simulated loops: <c>rounds.csv</c>, <c>table.md</c> and the figures.</summary>
/// <param name="rounds">All rounds of all ways to ask and all seeds.</param>
public sealed class SimulationReport(IReadOnlyList<SimulatedRound> rounds)
{
    private const string Threshold = "0.95";

    /// <summary>Accuracies of which is told how many labels they take.</summary>
    private static readonly double[] Levels = [0.80, 0.85, 0.90, 0.925, 0.95];

    /// <summary>
    /// Area under a learning curve, by trapezoids over the labels and divided by their span: the mean of the measure while labels are
    /// gathered. The measure itself where there was one round.
    /// </summary>
    public static double Area(IReadOnlyList<(int Labels, double Value)> curve)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var area = curve.Zip(curve.Skip(1)).Sum(pair => (pair.Second.Labels - pair.First.Labels) * (pair.First.Value + pair.Second.Value) / 2);
        return curve.Count == 1 ? curve[0].Value : area / (curve[^1].Labels - curve[0].Labels);
    }

    /// <summary>Writes all files into <paramref name="folder"/>; <paramref name="command"/> is the command that makes them again.</summary>
    public void Write(string folder, string command)
    {
        using (var text = new StreamWriter(Path.Combine(folder, "rounds.csv")))
        using (var csv = new CsvWriter(text, CultureInfo.InvariantCulture))
        {
            csv.WriteRecords(rounds.Select(r => new { r.Acquisition, r.Seed, r.Round, r.Labelled, r.Accuracy, r.Auc, Sfr80 = r.Sfr["0.80"], Sfr95 = r.Sfr[Threshold], r.Aurc, r.LabelledPatients, r.Seconds }));
        }

        File.WriteAllText(Path.Combine(folder, "table.md"), Table(command) + LabelsTable());
        File.WriteAllText(Path.Combine(folder, "learning-curve.svg"), Figure("Accuracy by number of labels", "accuracy", r => r.Accuracy));
        File.WriteAllText(Path.Combine(folder, "silent-failures.svg"), Figure($"Silent-failure rate over {Threshold} by number of labels", "silent-failure rate", r => r.Sfr[Threshold]));
    }

    private string Table(string command)
    {
        var text = new StringBuilder($"    {command}\n\nArea under the learning curve, divided by the labels it spans; mean ± standard deviation over seeds. Last: after all labels.\n\n");
        text.AppendLine("| acquisition | seeds | area, accuracy | area, SFR over 0.95 | last accuracy | last SFR over 0.95 | last AURC | patients among the labels |");
        text.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (var arm in rounds.GroupBy(r => r.Acquisition))
        {
            var seeds = arm.GroupBy(r => r.Seed).OrderBy(g => g.Key).ToList();
            string Area(Func<SimulatedRound, double> value) => Spread(seeds.Select(seed => SimulationReport.Area([.. seed.Select(r => (r.Labelled, value(r)))])), 100, "0.00", " %");
            string Last(Func<SimulatedRound, double> value, double factor, string format, string unit) => Spread(seeds.Select(seed => value(seed.Last())), factor, format, unit);
            text.AppendLine(CultureInfo.InvariantCulture, $"| {arm.Key} | {string.Join(", ", seeds.Select(s => s.Key))} | {Area(r => r.Accuracy)} | {Area(r => r.Sfr[Threshold])} | {Last(r => r.Accuracy, 100, "0.00", " %")} | {Last(r => r.Sfr[Threshold], 100, "0.00", " %")} | {Last(r => r.Aurc, 1, "0.0000", "")} | {Last(r => r.LabelledPatients, 1, "0.0", "")} |");
        }

        return text.ToString();
    }

    private string LabelsTable()
    {
        var text = new StringBuilder("\nLabels at which the mean accuracy over seeds first is at least so high; in brackets, in how many seeds it ever is. –: in no round.\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"| acquisition | {string.Join(" | ", Levels.Select(level => Percent(level, "0.#")))} | area, accuracy, against the first row |");
        text.AppendLine(string.Concat(Enumerable.Repeat("|---", Levels.Length + 2)) + "|");
        var arms = rounds.GroupBy(r => r.Acquisition).ToList();
        foreach (var arm in arms)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {arm.Key} | {string.Join(" | ", Levels.Select(level => LabelsFor([.. arm], level)))} | {Gain([.. arms[0]], [.. arm])} |");
        }

        return text.ToString();
    }

    private static string LabelsFor(IReadOnlyList<SimulatedRound> arm, double level)
    {
        var seeds = arm.GroupBy(r => r.Seed).ToList();
        var enough = arm.GroupBy(r => r.Labelled).OrderBy(g => g.Key).FirstOrDefault(g => g.Average(r => r.Accuracy) >= level);
        var labels = enough is null ? "–" : enough.Key.ToString(CultureInfo.InvariantCulture);
        return $"{labels} ({seeds.Count(seed => seed.Any(r => r.Accuracy >= level))} of {seeds.Count})";
    }

    /// <summary>How much larger the area of an arm is in the seeds that both have, and in how many of them it is.</summary>
    private static string Gain(IReadOnlyList<SimulatedRound> first, IReadOnlyList<SimulatedRound> arm)
    {
        if (first[0].Acquisition == arm[0].Acquisition)
        {
            return "";
        }

        static Dictionary<long, double> Areas(IReadOnlyList<SimulatedRound> all) => all.GroupBy(r => r.Seed).ToDictionary(g => g.Key, g => Area([.. g.Select(r => (r.Labelled, r.Accuracy))]));
        var (before, after) = (Areas(first), Areas(arm));
        List<double> gains = [.. after.Keys.Where(before.ContainsKey).Select(seed => 100 * (after[seed] - before[seed]))];
        return gains.Count == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{gains.Average():+0.00;−0.00;0.00} points, more in {gains.Count(gain => gain > 0)} of {gains.Count} seeds");
    }

    private static string Percent(double part, string format) => (100 * part).ToString(format, CultureInfo.InvariantCulture) + " %";

    private string Figure(string title, string measure, Func<SimulatedRound, double> value) => BandFigure.Draw(title, "labels", measure, [.. rounds.GroupBy(r => r.Acquisition).Select(arm =>
        new FigureLine(arm.Key, [.. arm.GroupBy(r => r.Labelled).OrderBy(g => g.Key).Select(g => ((double)g.Key, (IReadOnlyList<double>)[.. g.Select(value)]))]))]);

    private static string Spread(IEnumerable<double> values, double factor, string format, string unit)
    {
        var (mean, deviation) = Sample.MeanAndDeviation([.. values.Select(v => v * factor)]);
        return mean.ToString(format, CultureInfo.InvariantCulture) + unit + (deviation is { } d ? " ± " + d.ToString(format, CultureInfo.InvariantCulture) : "");
    }
}
