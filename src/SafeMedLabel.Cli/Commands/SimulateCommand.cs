using System.CommandLine;
using System.Diagnostics;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed simulate</c>: the active-learning loop with the known labels as the reader.</summary>
internal static class SimulateCommand
{
    private const int Passes = 50;

    private static readonly Dictionary<string, AcquisitionFunction> Functions = new()
    {
        ["bald"] = AcquisitionFunction.Bald,
        ["entropy"] = AcquisitionFunction.Entropy,
        ["variance"] = AcquisitionFunction.Variance,
        ["random"] = AcquisitionFunction.Random,
    };

    public static Command Create()
    {
        var data = CommonOptions.Data();
        var rounds = new Option<int>("--rounds") { Description = "Rounds to run.", DefaultValueFactory = _ => 5 };
        var initial = new Option<int>("--initial") { Description = "Labels, drawn at random, before the first round.", DefaultValueFactory = _ => 40 };
        var query = new Option<int>("--query") { Description = "Labels that each further round asks for.", DefaultValueFactory = _ => 20 };
        var acquisition = new Option<string>("--acquisition") { Description = "How the queue is ranked.", DefaultValueFactory = _ => "bald" };
        acquisition.AcceptOnlyFromAmong([.. Functions.Keys]);
        var method = CommonOptions.Method();
        var seed = CommonOptions.Seed();
        var epochs = CommonOptions.Epochs(6);
        var size = CommonOptions.Size();
        var precision = CommonOptions.Precision();
        var steps = CommonOptions.MinimumSteps();
        var threads = CommonOptions.Threads();
        var command = new Command("simulate", "Run the active-learning loop with the known labels as the reader.")
        {
            data, rounds, initial, query, acquisition, method, seed, epochs, size, precision, steps, threads,
        };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var threadCount = parsed.GetValue(threads);
            LibTorch.EnsureLoaded(threadCount > 0 ? threadCount : Environment.ProcessorCount);
            using var loaded = await CommonOptions.LoadAsync(parsed.GetRequiredValue(data), parsed.GetValue(size), cancellationToken);
            using var pixels = new PixelStore(loaded.PixelPath, loaded.Size);
            var simulation = new Simulation(
                loaded,
                pixels,
                new TrainingOptions
                {
                    Method = parsed.GetRequiredValue(method),
                    Epochs = parsed.GetValue(epochs),
                    Precision = parsed.GetRequiredValue(precision),
                    MinimumSteps = parsed.GetValue(steps),
                    Seed = parsed.GetValue(seed),
                },
                Functions[parsed.GetRequiredValue(acquisition)]);
            var rows = await CommandRunner.WithProgress("Simulating", report =>
                simulation.Run(parsed.GetValue(rounds), parsed.GetValue(initial), parsed.GetValue(query), report, cancellationToken));
            runner.Print(new { rounds = rows }, console => Show(console, rows));
        });
        return command;
    }

    private static void Show(IAnsiConsole console, List<Row> rows)
    {
        var table = new Table().AddColumns("Round", "Labelled", "Accuracy", "AUC", "SFR(0.80)", "SFR(0.95)", "Seconds");
        foreach (var row in rows)
        {
            table.AddRow($"{row.Round}", $"{row.Labelled}", $"{row.Accuracy:P2}", $"{row.Auc:0.0000}", $"{row.Sfr["0.80"]:P2}", $"{row.Sfr["0.95"]:P2}", $"{row.Seconds:0}");
        }

        console.Write(table);
    }

    private sealed record Row(int Round, int Labelled, double Accuracy, double? Auc, IReadOnlyDictionary<string, double> Sfr, double Seconds);

    private sealed class Simulation(LoadedDataset data, PixelStore pixels, TrainingOptions options, AcquisitionFunction acquisition)
    {
        private readonly ExperimentSplit _split = new(data, options.Seed);

        public List<Row> Run(int rounds, int initial, int query, Action<double, string> report, CancellationToken cancellationToken)
        {
            if (rounds < 1 || initial < 2 || query < 1)
            {
                throw new ArgumentException("A simulation has at least one round, two initial labels and one label a query.");
            }

            if (initial > _split.Training.Length)
            {
                throw new ArgumentException($"There are only {_split.Training.Length} training images; --initial asks for {initial}.");
            }

            if (_split.Test.Length == 0)
            {
                throw new ArgumentException("There are too few patients to hold any out for the test.");
            }

            var first = LabelledSubset.Draw(_split.ClassesOf(_split.Training), initial, (ulong)options.Seed);
            var labelled = first.Select(i => _split.Training[i]).ToList();
            var rows = new List<Row>();
            for (var round = 1; round <= rounds; round++)
            {
                var clock = Stopwatch.StartNew();
                using var network = Train(labelled, round, rounds, report, cancellationToken);
                var measured = Measure(network, cancellationToken);
                rows.Add(new Row(round, labelled.Count, measured.Accuracy, measured.Auc, measured.SilentFailureRate, clock.Elapsed.TotalSeconds));
                if (round < rounds)
                {
                    labelled.AddRange(Ask(network, labelled, query, round, cancellationToken));
                }
            }

            return rows;
        }

        private ResNet18 Train(List<int> labelled, int round, int rounds, Action<double, string> report, CancellationToken cancellationToken)
        {
            int[] unlabelled = [.. _split.Training.Except(labelled)];
            var trainer = new Trainer(options, new TrainingData(
                pixels, data.ClassNames.Count, labelled, _split.ClassesOf(labelled), unlabelled, _split.Validation, _split.ClassesOf(_split.Validation), data.Hash));
            trainer.Progressed += step => report((round - 1 + step.Fraction) / rounds, $"round {round}/{rounds}, {labelled.Count} labels, {step.ImagesPerSecond:0} images/s");
            return trainer.Train(cancellationToken: cancellationToken);
        }

        private EvaluationReport Measure(ResNet18 network, CancellationToken cancellationToken) => EvaluationReport.From(
            new PredictionSet(data.ClassNames.Count, _split.ClassesOf(_split.Test), new Predictor(network, pixels).Probabilities(_split.Test, cancellationToken)),
            [.. _split.Test.Select(row => data.Images[row].Patient)]);

        private IEnumerable<int> Ask(ResNet18 network, List<int> labelled, int query, int round, CancellationToken cancellationToken)
        {
            int[] pool = [.. _split.Training.Except(labelled)];
            var seed = options.Seed + round;
            var passes = new Predictor(network, pixels, Predictor.FastType).StochasticPasses(pool, Passes, seed, cancellationToken: cancellationToken);
            var width = Passes * network.Classes;
            string[] hashes = [.. pool.Select(row => data.Images[row].ContentHash)];
            double[] scores = [.. pool.Select((_, i) => AcquisitionScorer.Score(
                acquisition, new StochasticPasses(passes.AsSpan(i * width, width), Passes, network.Classes), hashes[i], (ulong)seed))];
            return AcquisitionScorer.Rank(scores, hashes).Take(query).Select(i => pool[i]);
        }
    }
}
