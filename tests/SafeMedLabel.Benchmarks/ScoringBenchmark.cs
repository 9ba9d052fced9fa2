using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// MC-Dropout over a pool, T = 10: ten whole passes an image in float32, as it is usually written, against ours. Both use the same
/// masks, so that their rankings may be compared. On drawn cells of 128 px and a network that has seen some of them, or on those named.
/// </summary>
internal static class ScoringBenchmark
{
    private const int Images = 512;
    private const int Passes = 10;
    private const int Batch = 32;
    private const int Seed = 7;

    /// <summary>Images of the usual way under default settings, which takes a second for every dozen.</summary>
    private const int Few = 128;

    /// <param name="model">A model; null for a network that has seen some drawn cells.</param>
    /// <param name="data">Its images.</param>
    /// <param name="defaults">Whether to time the usual way alone, under the libraries' own settings, where the process has them.</param>
    public static object Run(string? model, string? data, bool defaults)
    {
        if (model is not null && data is not null)
        {
            var (trained, card) = ModelFile.Load(model);
            using var _ = trained;
            using var real = new Cells(data, card.ImageSize);
            return Run(trained, real, defaults: false);
        }

        using var cells = new Cells(Images, 128);
        using var network = cells.TrainedNetwork(steps: 24);
        return Run(network, cells, defaults);
    }

    private static object Run(ResNet18 network, Cells cells, bool defaults)
    {
        // Evenly spaced: a data set's files are in the order of their classes.
        var step = Math.Max(1, cells.Pixels.Count / Images);
        int[] rows = [.. cells.All.Where(row => row % step == 0).Take(Images)];
        var ours = new Predictor(network, cells.Pixels, Predictor.RankingType(network.Device));
        using var plain = new PlainBackbone(network);
        plain.eval();
        if (defaults)
        {
            return new { ImagesPerSecond = Math.Round(Few / Comparison.Seconds(3, () => WholePasses(plain, network, cells, rows[..Few])), 1) };
        }

        float[] slow = [], fast = [];
        var compared = Comparison.Run(
            "scoring",
            rows.Length,
            () => slow = WholePasses(plain, network, cells, rows),
            () => fast = ours.StochasticPasses(rows, Passes, Seed));
        return new
        {
            Type = $"{Predictor.RankingType(network.Device)}",
            compared.ReferenceImagesPerSecond,
            compared.ImagesPerSecond,
            compared.Ratio,
            compared.DefaultImagesPerSecond,
            compared.RatioToDefaults,
            compared.PeakMemoryMB,
            Spearman = Math.Round(Spearman(Bald(slow, network.Classes), Bald(fast, network.Classes)), 4),
        };
    }

    private static float[] WholePasses(PlainBackbone backbone, ResNet18 network, Cells cells, int[] rows)
    {
        using var noGradient = no_grad();
        using var outer = NewDisposeScope();
        using var generator = new Generator(Seed);
        var masks = network.Head.DrawMasks(generator, Passes, 1);
        var width = Passes * network.Classes;
        var result = new float[rows.Length * width];
        foreach (var (index, batch) in rows.Chunk(Batch).Index())
        {
            using var scope = NewDisposeScope();
            var images = Augmenter.Normalise(cells.Pixels.Gather(batch)).contiguous();
            var passes = Enumerable.Range(0, Passes)
                .Select(t => network.Head.ForwardWithDropout(backbone.forward(images), (masks.Inputs[t], masks.Hidden[t])).softmax(1));
            stack(passes.ToArray(), 1).contiguous().data<float>().CopyTo(result.AsSpan(index * Batch * width));
        }

        return result;
    }

    private static double[] Bald(float[] passes, int classes) =>
        [.. passes.Chunk(Passes * classes).Select(image => AcquisitionScorer.Score(AcquisitionFunction.Bald, new StochasticPasses(image, Passes, classes), "", 0))];

    /// <summary>Pearson's correlation of the ranks.</summary>
    private static double Spearman(double[] a, double[] b)
    {
        var (x, y) = (Ranks(a), Ranks(b));
        var mean = (a.Length - 1) / 2.0;
        return x.Zip(y).Sum(p => (p.First - mean) * (p.Second - mean)) / x.Sum(r => (r - mean) * (r - mean));
    }

    private static double[] Ranks(double[] values)
    {
        var ranks = new double[values.Length];
        foreach (var (position, index) in Enumerable.Range(0, values.Length).OrderBy(i => values[i]).Index())
        {
            ranks[index] = position;
        }

        return ranks;
    }
}
