using System.CommandLine;
using System.Globalization;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Experiments;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed experiment</c>: methods against each other over seeds, on the same splits and labels.</summary>
internal static class ExperimentCommand
{
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var methods = new Option<string>("--methods")
        {
            Description = $"Methods, separated by commas; the others are compared with the first. There are {string.Join(", ", TrainingOptions.Methods)}.",
            DefaultValueFactory = _ => string.Join(',', TrainingOptions.Methods),
        };
        var labelled = CommonOptions.Labelled();
        var seeds = new Option<string>("--seeds") { Description = "Seeds, as 0-5 or 0,2,4.", DefaultValueFactory = _ => "0-5" };
        var epochs = CommonOptions.Epochs(12);
        var size = CommonOptions.Size();
        var split = new Option<string>("--split") { Description = "Whether patients or single cells are split; by cell, one patient is on both sides.", DefaultValueFactory = _ => "patient" };
        split.AcceptOnlyFromAmong("patient", "cell");
        var precision = CommonOptions.Precision();
        var steps = CommonOptions.MinimumSteps();
        var threads = CommonOptions.Threads();
        var output = new Option<string>("--out") { Description = "Folder of the results. Finished runs in it are kept, and an interrupted one goes on.", Required = true };
        var command = new Command("experiment", "Train methods with several seeds and compare them. Can be stopped, and started again with the same command.")
        {
            data, methods, labelled, seeds, epochs, size, split, precision, steps, threads, output,
        };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var threadCount = parsed.GetValue(threads);
            LibTorch.EnsureLoaded(threadCount > 0 ? threadCount : Environment.ProcessorCount);
            var recipe = new Recipe(
                parsed.GetValue(labelled), parsed.GetValue(epochs), parsed.GetValue(size), parsed.GetRequiredValue(split), parsed.GetRequiredValue(precision), parsed.GetValue(steps));
            var plan = Plan(parsed.GetRequiredValue(methods), parsed.GetRequiredValue(seeds), recipe);
            using var loaded = await CommonOptions.LoadAsync(parsed.GetRequiredValue(data), recipe.Size, cancellationToken);
            using var pixels = new PixelStore(loaded.PixelPath, loaded.Size);
            var folder = ExperimentFolder.Open(parsed.GetRequiredValue(output), new { Data = loaded.Hash, Recipe = recipe });
            var experiment = new Experiment(loaded, pixels, recipe, folder);
            var runs = await CommandRunner.WithProgress("Experiment", report => experiment.Run(plan, report, cancellationToken));
            new ExperimentReport(folder, runs, experiment.TestToTraining).Write(CommandLine(parsed));
            runner.Print(new { folder = folder.Path, runs }, _ => Console.Out.Write(File.ReadAllText(Path.Combine(folder.Path, "table.md"))));
        });
        return command;
    }

    /// <summary>Method by method within a seed, so that an experiment that was stopped compares on the seeds it has.</summary>
    private static List<TrainingOptions> Plan(string methods, string seeds, Recipe recipe)
    {
        var plan = (from seed in Seeds(seeds)
                    from method in methods.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()
                    select new TrainingOptions { Method = method, Epochs = recipe.Epochs, Precision = recipe.Precision, MinimumSteps = recipe.MinimumSteps, Seed = seed }).ToList();
        foreach (var options in plan)
        {
            options.Validate();
        }

        return plan.Count > 0 ? plan : throw new ArgumentException("An experiment has at least one method and one seed.");
    }

    private static SortedSet<long> Seeds(string text)
    {
        var seeds = new SortedSet<long>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            long[] ends = [.. part.Split('-').Select(end => long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)];
            if (ends.Length > 2 || ends.Contains(-1) || ends[^1] < ends[0] || ends[^1] - ends[0] > 1000)
            {
                throw new ArgumentException($"--seeds takes numbers as 0-5 or 0,2,4, not '{part}'.");
            }

            for (var seed = ends[0]; seed <= ends[^1]; seed++)
            {
                seeds.Add(seed);
            }
        }

        return seeds;
    }

    /// <summary>The command as it can be typed again, with the data's name but not its folder.</summary>
    private static string CommandLine(ParseResult parsed) =>
        "safemed " + string.Join(' ', parsed.Tokens.Select(t => t.Value.Contains(Path.DirectorySeparatorChar) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(t.Value)) : t.Value));

    private sealed record Recipe(double Labelled, int Epochs, int Size, string Split, string Precision, int MinimumSteps);

    private sealed class Experiment(LoadedDataset data, PixelStore pixels, Recipe recipe, ExperimentFolder folder)
    {
        /// <summary>Of the last split: they hardly differ.</summary>
        public double TestToTraining { get; private set; }

        public List<ExperimentRun> Run(List<TrainingOptions> plan, Action<double, string> report, CancellationToken cancellationToken)
        {
            var runs = new List<ExperimentRun>();
            foreach (var (position, options) in plan.Index())
            {
                var split = new ExperimentSplit(data, options.Seed, recipe.Split == "cell");
                if (split.Test.Length == 0 || split.Calibration.Length == 0)
                {
                    throw new ArgumentException("There are too few patients to hold any out for calibration and test.");
                }

                TestToTraining = (double)split.Test.Length / split.Training.Length;
                var run = folder.Find(options.Method, options.Seed);
                if (run is { } kept && kept.SplitHash != split.Hash)
                {
                    throw new InvalidDataException($"The run of {options.Method} with seed {options.Seed} was made on another split.");
                }

                runs.Add(run ?? RunOne(options, split, step => report(
                    (position + step.Fraction) / plan.Count,
                    $"{position + 1} of {plan.Count}, {options.Method}, seed {options.Seed}, epoch {step.Epoch}/{step.Epochs}, {step.ImagesPerSecond:0} images/s"), cancellationToken));
                report((position + 1.0) / plan.Count, $"{position + 1} of {plan.Count} done");
            }

            return runs;
        }

        private ExperimentRun RunOne(TrainingOptions options, ExperimentSplit split, Action<TrainingProgress> report, CancellationToken cancellationToken)
        {
            var training = split.Label(pixels, recipe.Labelled);
            var trainer = new Trainer(options, training);
            var epochs = new List<EpochSummary>();
            trainer.EpochFinished += epochs.Add;
            trainer.Progressed += report;
            var runFolder = folder.RunFolder(options.Method, options.Seed);
            var checkpoint = Path.Combine(runFolder, "training.checkpoint");
            using var network = trainer.Train(checkpoint, cancellationToken);
            ModelFile.Save(Path.Combine(runFolder, "model.safetensors"), network, new ModelCard
            {
                ClassNames = data.ClassNames,
                ImageSize = data.Size,
                Method = options.Method,
                Options = options,
                DataHash = data.Hash,
                Labelled = training.Labelled.Count,
                Unlabelled = training.Unlabelled.Count,
                TestPatients = split.TestPatients,
                Software = Software.Version,
                CreatedUtc = DateTime.UtcNow,
            });
            var test = Predict(network, split, split.Test, cancellationToken);
            var calibration = Predict(network, split, split.Calibration, cancellationToken);
            var run = new ExperimentRun
            {
                Method = options.Method,
                Seed = options.Seed,
                Labelled = training.Labelled.Count,
                Unlabelled = training.Unlabelled.Count,
                SplitHash = split.Hash,
                Report = EvaluationReport.From(test, [.. split.Test.Select(row => data.Images[row].Patient)]),
                AtCoverage = OperatingPoint.Coverages.ToDictionary(EvaluationReport.Key, coverage => OperatingPoint.At(calibration, test, coverage)),
                Accepted = epochs.Sum(e => e.Accepted),
                Rejected = epochs.Sum(e => e.Rejected),
                Seconds = epochs.Sum(e => e.Seconds),
                Software = Software.Version,
                FinishedUtc = DateTime.UtcNow,
            };
            folder.Save(run, [.. split.Test.Select((row, i) => new TestedImage(
                data.Images[row].ContentHash, data.Images[row].Patient, test.Label(i), test.Predicted(i), test.Confidence(i)))]);
            File.Delete(checkpoint);
            return run;
        }

        private PredictionSet Predict(ResNet18 network, ExperimentSplit split, int[] rows, CancellationToken cancellationToken) =>
            new(data.ClassNames.Count, split.ClassesOf(rows), new Predictor(network, pixels).Probabilities(rows, cancellationToken));
    }
}
