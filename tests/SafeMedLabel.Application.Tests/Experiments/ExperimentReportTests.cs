using SafeMedLabel.Application.Experiments;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Experiments;

public sealed class ExperimentReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_table_has_every_run_each_variant_against_its_own_method_and_the_error_of_what_the_filter_let_through()
    {
        var folder = ExperimentFolder.Open(_folder.Path, new { Data = "drawn" });
        List<ExperimentRun> runs =
        [
            Keep(folder, "plain", 0, mistakes: 2), Keep(folder, "ssl", 0, mistakes: 1), Keep(folder, "ssl+limit=q0.5", 0, mistakes: 0),
            Keep(folder, "plain", 1, mistakes: 4), Keep(folder, "ssl", 1, mistakes: 2), Keep(folder, "ssl+limit=q0.5", 1, mistakes: 2),
            Keep(folder, "plain", 2, mistakes: 4),
        ];

        new ExperimentReport(folder, runs).Write("safemed experiment");

        var table = File.ReadAllText(_folder.File("table.md"));
        Assert.Contains("7 runs;", table, StringComparison.Ordinal);
        Assert.Contains("Not every method has finished seed 2; the comparisons are over the others.", table, StringComparison.Ordinal);
        // Of 20 images 2, 4 and 4 are wrong: 90, 80 and 80 per cent, all seeds of the method.
        Assert.Contains("| plain | 0, 1, 2 | 83.33 % ± 5.77 |", table, StringComparison.Ordinal);
        // Of the 10 images of class a, half of the mistakes: 10, 20 and 20 per cent.
        Assert.Contains("SFR over 0.95 of a", table, StringComparison.Ordinal);
        Assert.Contains("| ssl | plain | accuracy | +7.50 points |", table, StringComparison.Ordinal);
        Assert.Contains("| ssl+limit=q0.5 | ssl | accuracy | +2.50 points |", table, StringComparison.Ordinal);
        Assert.DoesNotContain("| ssl+limit=q0.5 | plain |", table, StringComparison.Ordinal);
        // 2 seeds of 2 epochs: 100 judged each, 40 stopped by the first layer, 10 by the second, 5 wrong ones passed, 25 did not.
        Assert.Contains("| ssl | all | 400 | 40.00 % | 10.00 % | 0.60 | 10.00 % | 50.00 % |", table, StringComparison.Ordinal);
        Assert.Contains("| ssl | last | 200 |", table, StringComparison.Ordinal);
        Assert.DoesNotContain("| plain | all |", table, StringComparison.Ordinal);
        Assert.Equal(8, File.ReadAllLines(_folder.File("runs.csv")).Length);
    }

    [Fact]
    public void A_finished_run_is_found_again_as_it_was_and_another_recipe_is_refused()
    {
        var folder = ExperimentFolder.Open(_folder.Path, new { Data = "drawn" });
        var run = Keep(folder, "plain", 3, mistakes: 2);

        Assert.Equivalent(run, ExperimentFolder.Open(_folder.Path, new { Data = "drawn" }).Find<ExperimentRun>("plain", 3), strict: true);
        Assert.Null(folder.Find<ExperimentRun>("plain", 4));
        Assert.Throws<IOException>(() => ExperimentFolder.Open(_folder.Path, new { Data = "others" }));
    }

    /// <summary>20 images of 4 patients, classes in turn; the first ones are wrong, and all are sure.</summary>
    private static ExperimentRun Keep(ExperimentFolder folder, string method, long seed, int mistakes)
    {
        int[] labels = [.. Enumerable.Range(0, 20).Select(i => i % 2)];
        double OfTrue(int i) => i < mistakes ? 0.01 : 0.99;
        var set = new PredictionSet(2, labels, labels.SelectMany((label, i) => label == 0 ? new[] { OfTrue(i), 1 - OfTrue(i) } : [1 - OfTrue(i), OfTrue(i)]).ToArray());
        string[] patients = [.. Enumerable.Range(0, 20).Select(i => $"p{i / 5}")];
        var run = new ExperimentRun
        {
            Method = method,
            Seed = seed,
            ClassNames = ["a", "b"],
            Labelled = 20,
            Unlabelled = 60,
            SplitHash = new string('f', 64),
            Report = EvaluationReport.From(set, patients),
            AtCoverage = OperatingPoint.Coverages.ToDictionary(EvaluationReport.Key, coverage => OperatingPoint.At(set, set, coverage)),
            Ledgers = method == "plain" ? [default, default] : [.. Enumerable.Repeat(new FilterLedger(50, 40, 10, 30, 5, 25), 2)],
            Temperature = 1,
            Seconds = 12,
            Software = "test",
            FinishedUtc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc),
        };
        folder.SaveImages(method, seed, [.. Enumerable.Range(0, 20).Select(i => new TestedImage($"hash{i:00}", patients[i], set.Label(i), set.Predicted(i), set.Confidence(i)))]);
        folder.Save(method, seed, run);
        return run;
    }
}
