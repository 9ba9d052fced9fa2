using System.Diagnostics;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Cli.Commands;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// A whole round of SafeMed-SSL as a project runs it: 20 % labelled, 128 px, 10 epochs, evaluation on the test images, and scoring of all
/// others. On the data set of --data, or on 22,922 drawn cells.
/// </summary>
internal static class RoundBenchmark
{
    private const int Size = 128;
    private const int DrawnCells = 22_922;
    private const int Epochs = 10;

    /// <param name="path">The data set; null for drawn cells.</param>
    /// <param name="epochs">Fewer where only the memory is asked for, which is flat from the second on.</param>
    /// <param name="precision">What is trained in; null for the default.</param>
    public static object Run(string? path, int? epochs, string? precision)
    {
        var drawn = path is null ? Directory.CreateTempSubdirectory("safemed-benchmark-").FullName : null;
        try
        {
            if (drawn is not null)
            {
                DemoDataset.Write(drawn, DrawnCells, seed: 1);
            }

            return Run(path ?? drawn!, new TrainingOptions { Epochs = epochs ?? Epochs, Precision = precision ?? TrainingOptions.FastestPrecision }, Stopwatch.StartNew());
        }
        finally
        {
            if (drawn is not null)
            {
                Directory.Delete(drawn, recursive: true);
            }
        }
    }

    private static object Run(string path, TrainingOptions options, Stopwatch clock)
    {
        using var data = LoadedDataset.Load(path, Size);
        using var pixels = new PixelStore(data.PixelPath, Size);
        var split = new ExperimentSplit(data, pixels, seed: 0);
        var trainer = new Trainer(TrainingMethod.Parse("safemed-ssl", options), split.Label(0.2));
        var memory = new List<long>();
        trainer.EpochFinished += _ => memory.Add(Megabytes(Process.GetCurrentProcess().WorkingSet64));
        using var network = trainer.Train();
        var report = EvaluationReport.From(split.Predict(network, split.Test, CancellationToken.None), split.PatientsOf(split.Test));
        int[] scored = [.. Enumerable.Range(0, pixels.Count).Except(split.Test)];
        new Predictor(network, pixels, Predictor.RankingType(network.Device)).StochasticPasses(scored, RoundRunner.ScoringPasses, seed: 0);
        return new
        {
            options.Epochs,
            options.Precision,
            Minutes = Math.Round(clock.Elapsed.TotalMinutes, 1),
            PeakMemoryMB = Megabytes(Process.GetCurrentProcess().PeakWorkingSet64),
            MemoryMBAfterEachEpoch = memory,
            Scored = scored.Length,
            Accuracy = Math.Round(report.Accuracy, 4),
        };
    }

    private static long Megabytes(long bytes) => bytes >> 20;
}
