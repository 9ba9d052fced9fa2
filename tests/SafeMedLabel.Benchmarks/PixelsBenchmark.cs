using System.Diagnostics;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Algorithms;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// Fraction of a step of SafeMed-SSL, 32 + 32 images at 128 px, that goes by before its pixels are there: decoded, resized and changed one
/// image after the other each time, as it is usually written, against ours, which reads prepared pixels and changes whole batches.
/// </summary>
internal static class PixelsBenchmark
{
    private const int Batch = 32;
    private const int Size = 128;
    private const int Steps = 7;

    public static object Run()
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            DemoDataset.Write(folder, 2 * Batch, seed: 1);
            string[] files = [.. Directory.EnumerateFiles(folder, "*.png", SearchOption.AllDirectories)];
            using var cells = new Cells(2 * Batch, Size);
            var data = new List<double>();
            var plain = new List<double>();
            var step = new List<double>();
            using var network = new ResNet18(2, seed: 1) { ComputeType = Predictor.FastType };
            for (var i = 0; i < Steps; i++)
            {
                using var generator = new Generator(1);
                plain.Add(Seconds(() => OneByOne(files, generator)));
                data.Add(Seconds(() => WholeBatches(cells, generator)));
                step.Add(Seconds(() => Step(network, cells, generator)));
            }

            // The whole step holds our way's share already.
            var (waiting, slow, whole) = (Median(data), Median(plain), Median(step));
            return new
            {
                ReferenceDataWaitFraction = Math.Round(slow / (slow + whole - waiting), 4),
                DataWaitFraction = Math.Round(waiting / whole, 4),
                MillisecondsForData = Math.Round(waiting * 1000, 1),
                MillisecondsForStep = Math.Round(whole * 1000, 1),
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void OneByOne(string[] files, Generator generator)
    {
        Tensor Decode(string file)
        {
            var pixels = ImageResizer.ToTrainingPixels(ImageDecoder.Decode(File.ReadAllBytes(file)), Size);
            return tensor(pixels, [1, Size, Size, 3]).permute(0, 3, 1, 2).to(ScalarType.Float32).div(255);
        }

        cat([.. files.Take(Batch).Select(file => Augmenter.Weak(Decode(file), generator))], 0);
        Tensor[] pool = [.. files.Skip(Batch).Select(Decode)];
        cat([.. pool.Select(image => Augmenter.Weak(image, generator))], 0);
        cat([.. pool.Select(image => Augmenter.Strong(image, generator))], 0);
    }

    private static void WholeBatches(Cells cells, Generator generator)
    {
        Augmenter.Weak(cells.Pixels.Gather(cells.All.AsSpan(0, Batch)), generator);
        var pool = cells.Pixels.Gather(cells.All.AsSpan(Batch, Batch));
        Augmenter.Weak(pool, generator);
        Augmenter.Strong(pool, generator);
    }

    private static void Step(ResNet18 network, Cells cells, Generator generator)
    {
        var algorithm = new SafeMedSslAlgorithm(new Views(AugmentationKind.Weak, AugmentationKind.Weak, AugmentationKind.Strong), 10, new SafetyFilterOptions());
        var labels = tensor(Enumerable.Range(0, Batch).Select(i => (long)(i % 2)).ToArray());
        network.train();
        var loss = algorithm.Step(network, network, cells.Pixels.Gather(cells.All.AsSpan(0, Batch)), labels, cells.Pixels.Gather(cells.All.AsSpan(Batch, Batch)), generator);
        (loss.Supervised + loss.Unlabelled!).backward();
    }

    private static double Seconds(Action work)
    {
        using var scope = NewDisposeScope();
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
