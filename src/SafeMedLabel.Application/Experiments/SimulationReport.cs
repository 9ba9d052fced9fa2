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

    private const string LabelsIntroduction =
        "How many labels bring the accuracy, averaged over seeds, to each level for the first time; in brackets, how many seeds ever reach it. –: the average never does.";

    /// <summary>Accuracies for which the table says how many labels they take.</summary>
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
            string Area(Func<SimulatedRound, double> value) => Spread(AreaBySeed(arm, value).Values, 100, "0.00", " %");
            string Last(Func<SimulatedRound, double> value, double factor, string format, string unit) => Spread(seeds.Select(seed => value(seed.Last())), factor, format, unit);
            text.AppendLine(CultureInfo.InvariantCulture, $"| {arm.Key} | {string.Join(", ", seeds.Select(s => s.Key))} | {Area(r => r.Accuracy)} | {Area(r => r.Sfr[Threshold])} | {Last(r => r.Accuracy, 100, "0.00", " %")} | {Last(r => r.Sfr[Threshold], 100, "0.00", " %")} | {Last(r => r.Aurc, 1, "0.0000", "")} | {Last(r => r.LabelledPatients, 1, "0.0", "")} |");
        }

        return text.ToString();
    }

    private string LabelsTable()
    {
        var text = new StringBuilder($"\n{LabelsIntroduction}\n\n");
        var levels = Levels.Select(level => (100 * level).ToString("0.#", CultureInfo.InvariantCulture) + " %");
        text.AppendLine(CultureInfo.InvariantCulture, $"| acquisition | {string.Join(" | ", levels)} | area, accuracy, against the first row |");
        text.AppendLine(string.Concat(Enumerable.Repeat("|---", Levels.Length + 2)) + "|");
        var arms = rounds.GroupBy(r => r.Acquisition).ToList();
        foreach (var arm in arms)
        {
            var labels = string.Join(" | ", Levels.Select(level => LabelsFor(arm, level)));
            text.AppendLine(CultureInfo.InvariantCulture, $"| {arm.Key} | {labels} | {(arm == arms[0] ? "" : Gain(arms[0], arm))} |");
        }

        return text.ToString();
    }

    private static string LabelsFor(IEnumerable<SimulatedRound> arm, double level)
    {
        var seeds = arm.GroupBy(r => r.Seed).ToList();
        var enough = arm.GroupBy(r => r.Labelled).OrderBy(g => g.Key).FirstOrDefault(g => g.Average(r => r.Accuracy) >= level);
        var labels = enough is null ? "–" : enough.Key.ToString(CultureInfo.InvariantCulture);
        return $"{labels} ({seeds.Count(seed => seed.Any(r => r.Accuracy >= level))} of {seeds.Count})";
    }

    /// <summary>How much larger the area of an arm is in the seeds that both have, and in how many of them it is.</summary>
    private static string Gain(IEnumerable<SimulatedRound> first, IEnumerable<SimulatedRound> arm)
    {
        var (before, after) = (AreaBySeed(first, r => r.Accuracy), AreaBySeed(arm, r => r.Accuracy));
        List<double> gains = [.. after.Keys.Where(before.ContainsKey).Select(seed => 100 * (after[seed] - before[seed]))];
        if (gains.Count == 0)
        {
            return "";
        }

        var mean = gains.Average().ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture);
        return $"{mean} points, more in {gains.Count(gain => gain > 0)} of {gains.Count} seeds";
    }

    private static Dictionary<long, double> AreaBySeed(IEnumerable<SimulatedRound> arm, Func<SimulatedRound, double> value) =>
        arm.GroupBy(r => r.Seed).OrderBy(g => g.Key).ToDictionary(g => g.Key, g => Area([.. g.Select(r => (r.Labelled, value(r)))]));

    private string Figure(string title, string measure, Func<SimulatedRound, double> value) => BandFigure.Draw(title, "labels", measure, [.. rounds.GroupBy(r => r.Acquisition).Select(arm =>
        new FigureLine(arm.Key, [.. arm.GroupBy(r => r.Labelled).OrderBy(g => g.Key).Select(g => ((double)g.Key, (IReadOnlyList<double>)[.. g.Select(value)]))]))]);

    private static string Spread(IEnumerable<double> values, double factor, string format, string unit)
    {
        var (mean, deviation) = Sample.MeanAndDeviation([.. values.Select(v => v * factor)]);
        return mean.ToString(format, CultureInfo.InvariantCulture) + unit + (deviation is { } d ? " ± " + d.ToString(format, CultureInfo.InvariantCulture) : "");
    }
}
