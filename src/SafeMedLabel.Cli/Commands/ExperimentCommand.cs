using System.CommandLine;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Experiments;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
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
            Description = $"Methods, separated by commas; the others are compared with the first, and variants of a method with it. There are {CommonOptions.MethodHelp}",
            DefaultValueFactory = _ => "supervised,fixmatch,safemed-ssl,safemed-ssl-plus",
        };
        var labelled = CommonOptions.Labelled();
        var seeds = CommonOptions.Seeds("0-5");
        var split = new Option<string>("--split") { Description = "Whether patients or single cells are split; by cell, one patient is on both sides.", DefaultValueFactory = _ => "patient" };
        split.AcceptOnlyFromAmong("patient", "cell");
        var measure = new Option<string>("--measure")
        {
            Description = "The images that are measured: 'test', or 'calibration' to choose among methods without looking at the test.",
            DefaultValueFactory = _ => "test",
        };
        measure.AcceptOnlyFromAmong("test", "calibration");
        var output = new Option<string>("--out") { Description = "Folder of the results. Finished runs in it are kept, and an interrupted one goes on.", Required = true };
        var training = new TrainingArguments(epochs: 12);
        var command = new Command("experiment", "Train methods with several seeds and compare them. Can be stopped, and started again with the same command.")
        {
            data, methods, labelled, seeds, split, measure, output,
        };
        training.AddTo(command);
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var names = CommonOptions.List(parsed.GetRequiredValue(methods));
            var plan = CommonOptions.ParseSeeds(parsed.GetRequiredValue(seeds)).Select(seed => names.Select(name => training.Options(parsed, name, seed)).ToList()).ToList();
            if (names.Length == 0 || plan.Count == 0)
            {
                throw new ArgumentException("An experiment has at least one method and one seed.");
            }

            using var initial = training.Prepare(parsed);
            using var loaded = await CommonOptions.LoadAsync(parsed.GetRequiredValue(data), training.Size(parsed), cancellationToken);
            using var pixels = training.Pixels(parsed, loaded);
            var recipe = new Recipe(loaded.Hash, loaded.Size, parsed.GetValue(labelled), parsed.GetRequiredValue(split), parsed.GetRequiredValue(measure), initial?.Hash, plan[0][0] with { Method = "", Seed = 0 });
            var folder = ExperimentFolder.Open(parsed.GetRequiredValue(output), recipe);
            var experiment = new Experiment(loaded, pixels, recipe, initial, folder);
            var runs = await CommandRunner.WithProgress("Experiment", report => experiment.Run(plan, report, cancellationToken));
            new ExperimentReport(folder, runs).Write(CommonOptions.CommandLine(parsed));
            runner.Print(new { folder = folder.Path, runs }, _ => Console.Out.Write(File.ReadAllText(Path.Combine(folder.Path, "table.md"))));
        });
        return command;
    }

    /// <summary>Everything that decides the results but methods and seeds.</summary>
    private sealed record Recipe(string Data, int Size, double Labelled, string Split, string Measure, string? InitialWeights, TrainingOptions Common);

    private sealed class Experiment(LoadedDataset data, PixelStore pixels, Recipe recipe, InitialWeights? initial, ExperimentFolder folder)
    {
        /// <summary>Method by method within a seed, so that an experiment that was stopped compares on the seeds it has.</summary>
        public List<ExperimentRun> Run(List<List<TrainingOptions>> plan, Action<double, string> report, CancellationToken cancellationToken)
        {
            var (runs, total) = (new List<ExperimentRun>(), plan.Sum(seed => seed.Count));
            foreach (var seed in plan)
            {
                var split = new ExperimentSplit(data, pixels, seed[0].Seed, recipe.Split == "cell");
                if (split.Test.Length == 0 || split.Calibration.Length == 0 || split.Validation.Length == 0)
                {
                    throw new ArgumentException("There are too few patients to hold any out for validation, calibration and test.");
                }

                split.RequireStrange(initial);
                foreach (var options in seed)
                {
                    var position = runs.Count;
                    runs.Add(Kept(options, split) ?? RunOne(options, split, step => report(
                        (position + step.Fraction) / total,
                        $"{position + 1} of {total}, {options.Method}, seed {options.Seed}, epoch {step.Epoch}/{step.Epochs}, {step.ImagesPerSecond:0} images/s"), cancellationToken));
                    report((position + 1.0) / total, $"{position + 1} of {total} done");
                }
            }

            return runs;
        }

        private ExperimentRun? Kept(TrainingOptions options, ExperimentSplit split)
        {
            var run = folder.Find<ExperimentRun>(options.Method, options.Seed);
            return run is null || run.SplitHash == split.Hash
                ? run
                : throw new InvalidDataException($"The run of {options.Method} with seed {options.Seed} was made on another split.");
        }

        private ExperimentRun RunOne(TrainingOptions options, ExperimentSplit split, Action<TrainingProgress> report, CancellationToken cancellationToken)
        {
            var training = split.Label(recipe.Labelled);
            var measuredRows = split.Test;
            if (recipe.Measure == "calibration")
            {
                // What is measured must be other images than those that temperature and thresholds are set on.
                measuredRows = split.Calibration;
                training = training with { Calibration = [], CalibrationLabels = [], CalibrationPatients = [] };
            }

            var trainer = new Trainer(options, training, initial);
            var epochs = new List<EpochSummary>();
            trainer.EpochFinished += epochs.Add;
            trainer.Progressed += report;
            var runFolder = folder.RunFolder(options.Method, options.Seed);
            var checkpoint = Path.Combine(runFolder, "training.checkpoint");
            using var network = trainer.Train(checkpoint, cancellationToken);
            ModelFile.Save(
                Path.Combine(runFolder, "model.safetensors"),
                network,
                trainer.Describe(network, data.ClassNames, Software.Version) with { TestPatients = split.TestPatients });
            var setting = trainer.Calibration ?? split.Predict(network, split.Validation, cancellationToken);
            var measured = split.Predict(network, measuredRows, cancellationToken);
            var run = new ExperimentRun
            {
                Method = options.Method,
                Seed = options.Seed,
                ClassNames = data.ClassNames,
                Labelled = training.Labelled.Count,
                Unlabelled = training.Unlabelled.Count,
                SplitHash = split.Hash,
                Report = EvaluationReport.From(measured, split.PatientsOf(measuredRows)),
                AtCoverage = OperatingPoint.Coverages.ToDictionary(EvaluationReport.Key, coverage => OperatingPoint.At(setting, measured, coverage)),
                Ledgers = [.. epochs.Select(e => e.Ledger)],
                Temperature = network.Temperature,
                Seconds = epochs.Sum(e => e.Seconds),
                Software = Software.Version,
                FinishedUtc = DateTime.UtcNow,
            };
            folder.SaveImages(options.Method, options.Seed, [.. measuredRows.Select((row, i) => new TestedImage(
                data.Images[row].ContentHash, data.Images[row].Patient, measured.Label(i), measured.Predicted(i), measured.Confidence(i)))]);
            folder.Save(options.Method, options.Seed, run);
            File.Delete(checkpoint);
            return run;
        }
    }
}
