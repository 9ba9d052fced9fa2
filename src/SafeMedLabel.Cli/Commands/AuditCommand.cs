using System.CommandLine;
using System.Diagnostics;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Experiments;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Cli.Worker;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Data;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed audit</c>: makes some known labels wrong and counts how many of them the label audit finds.</summary>
internal static class AuditCommand
{
    private const int First = 100;

    public static Command Create()
    {
        var data = CommonOptions.Data();
        var labelled = CommonOptions.Labelled();
        var seeds = CommonOptions.Seeds("0-2");
        var noise = new Option<double>("--noise") { Description = "Fraction of these labels to make wrong, above 0 and up to 0.5.", DefaultValueFactory = _ => 0.05 };
        var folds = new Option<int>("--folds") { Description = "Parts of the patients that are held out in turn, 2 or more.", DefaultValueFactory = _ => LabelCrossValidation.UsualFolds };
        var epochs = new Option<int>("--epochs") { Description = "Epochs to train without each part.", DefaultValueFactory = _ => LabelCrossValidation.UsualEpochs };
        var weights = CommonOptions.Weights($"{CommonOptions.ImageNetWeights}, which come with the program, or {CommonOptions.RandomWeights}.");
        weights.AcceptOnlyFromAmong(CommonOptions.ImageNetWeights, CommonOptions.RandomWeights);
        var size = CommonOptions.Size();
        var threads = CommonOptions.Threads();
        var command = new Command("audit", "Make some labels wrong on purpose and count how many of them the label audit finds.")
        {
            data, labelled, seeds, noise, folds, epochs, weights, size, threads, AuditVerifyCommand.Create(),
        };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var numbers = CommonOptions.ParseSeeds(parsed.GetRequiredValue(seeds));
            var beginning = parsed.GetValue(weights) == CommonOptions.RandomWeights ? Beginning.Random : Beginning.ImageNet;
            var plan = new Plan(parsed.GetValue(labelled), parsed.GetValue(noise), parsed.GetValue(folds), parsed.GetValue(epochs), beginning);
            plan.Validate();
            CommonOptions.UseThreads(parsed.GetValue(threads));
            using var loaded = await CommonOptions.LoadAsync(parsed.GetRequiredValue(data), parsed.GetValue(size), cancellationToken);
            var audits = await CommandRunner.WithProgress("Auditing", report =>
            {
                var done = new List<SimulatedAudit>();
                foreach (var seed in numbers)
                {
                    var position = done.Count;
                    var progress = new CommonOptions.Reporter(fraction => report((position + fraction) / numbers.Count, $"seed {seed}"));
                    done.Add(Run(loaded, plan, seed, progress, cancellationToken));
                }

                return done;
            });
            runner.Print(new { plan.Labelled, plan.Noise, plan.Folds, plan.Epochs, Weights = plan.Beginning, loaded.Size, audits }, console => Show(console, audits));
        });
        return command;
    }

    private static SimulatedAudit Run(LoadedDataset data, Plan plan, long seed, IProgress<double> progress, CancellationToken cancellationToken)
    {
        using var pixels = new PixelStore(data.PixelPath, data.Size);
        var known = new ExperimentSplit(data, pixels, seed).Label(plan.Labelled);
        var noise = PlantedNoise.Plant(known.Labels, known.Classes, plan.Noise, (ulong)seed);
        AuditedImage[] images = [.. known.Labelled.Zip(noise.Labels, (row, label) => new AuditedImage(row, data.Images[row].Patient, label))];
        if (LabelCrossValidation.Problem(images, plan.Folds) is { } problem)
        {
            throw new ArgumentException(problem);
        }

        var clock = Stopwatch.StartNew();
        var validation = new LabelCrossValidation
        {
            Pixels = new PixelSource(data.PixelPath, data.Size),
            ClassNames = data.ClassNames,
            Images = images,
            Folds = plan.Folds,
            Epochs = plan.Epochs,
            Beginning = plan.Beginning,
            Seed = seed,
            DataHash = data.Hash,
        };
        var predictions = validation.Run(new ModelTrainer(), Path.Combine(Path.GetTempPath(), $"safemed-audit-{Guid.NewGuid():n}"), progress, cancellationToken);
        var issues = new ConfidentLearning(predictions).Issues;
        return new SimulatedAudit(
            seed,
            images.Length,
            images.Select(i => i.Patient).Distinct().Count(),
            noise.Wrong.Count,
            issues.Count,
            issues.Count(issue => noise.Wrong.Contains(issue.Index)),
            SimulatedAudit.PrecisionAt(First, issues, noise),
            SimulatedAudit.PrecisionAt(noise.Wrong.Count, issues, noise),
            known.Labels.Index().Count(label => predictions.Predicted(label.Index) == label.Item) / (double)images.Length,
            clock.Elapsed.TotalSeconds);
    }

    private static void Show(IAnsiConsole console, List<SimulatedAudit> audits)
    {
        var table = new Table().AddColumns("Seed", "Labels", "Patients", "Planted", "Suspected", "Found", $"Precision at {First}", "Precision at planted", "Recall", "Agreement", "Seconds");
        foreach (var a in audits)
        {
            table.AddRow(
                $"{a.Seed}", $"{a.Labels}", $"{a.Patients}", $"{a.Planted}", $"{a.Suspected}", $"{a.Found}", Percent(a.PrecisionAt100), Percent(a.PrecisionAtPlanted), Percent(a.Recall), Percent(a.Agreement), $"{a.Seconds:0}");
        }

        console.Write(table);
    }

    private static string Percent(double? fraction) => fraction is { } f ? $"{f:P1}" : "–";

    /// <summary>What is audited, and how.</summary>
    private sealed record Plan(double Labelled, double Noise, int Folds, int Epochs, Beginning Beginning)
    {
        /// <exception cref="ArgumentException">A number is out of its range.</exception>
        public void Validate()
        {
            var problem = this switch
            {
                { Noise: not (> 0 and <= 0.5) } => "--noise lies above 0 and not above 0.5.",
                { Folds: < 2 or > 20 } => "--folds is 2 to 20.",
                { Epochs: < 1 } => "A training has at least one epoch.",
                _ => null,
            };
            if (problem is not null)
            {
                throw new ArgumentException(problem);
            }
        }
    }
}
