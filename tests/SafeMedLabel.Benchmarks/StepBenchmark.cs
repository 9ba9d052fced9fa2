using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Algorithms;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// One step of SafeMed-SSL on 32 labelled and 32 unlabelled images: float32 and ten whole passes, as it is usually written,
/// against ours. And what part of the processor's peak ours reaches: a matrix product in the same type, in the same run.
/// </summary>
internal static class StepBenchmark
{
    private const int Passes = 10;
    private const int Batch = 32;
    private const int Side = 128;
    private const int MatrixSide = 2048;
    private const int Repeats = 5;

    /// <param name="defaults">Whether to time the usual way alone, under the libraries' own settings, where the process has them.</param>
    public static object Run(bool defaults)
    {
        using var cells = new Cells(240, Side);
        using var network = new ResNet18(2, seed: 1);
        using var plain = new PlainBackbone(network);
        var filter = new SafetyFilterOptions();
        var algorithm = new SafeMedSslAlgorithm(new Views(AugmentationKind.Weak, AugmentationKind.Weak, AugmentationKind.Strong), Passes, filter);
        var labels = tensor(Enumerable.Range(0, Batch).Select(i => (long)(i % 2)).ToArray());
        void Reference() => Step(plain, network, cells, (labelled, pool, generator) => Plain(plain, network.Head, labelled, labels, pool, filter, generator));
        if (defaults)
        {
            return new { ImagesPerSecond = Math.Round(2 * Batch / Comparison.Seconds(Repeats, Reference), 1) };
        }

        network.ComputeType = Predictor.FastType;
        var compared = Comparison.Run(
            "step",
            2 * Batch,
            Reference,
            () => Step(network, network, cells, (labelled, pool, generator) =>
            {
                var loss = algorithm.Step(network, network, labelled, labels, pool, generator);
                return loss.Supervised + loss.Unlabelled!;
            }));
        var (peak, forward, backward) = (MatrixProduct(network.ComputeType), Forward(network, cells), Backward(network, cells));
        // Both batches forwards and backwards, three times the work of a pass, and the pool's once more forwards for its pseudo-labels.
        var work = ((3 * 2 * Batch) + Batch) * WorkOfAPass;
        return new
        {
            Type = $"{network.ComputeType}",
            compared.ReferenceImagesPerSecond,
            compared.ImagesPerSecond,
            compared.Ratio,
            compared.DefaultImagesPerSecond,
            compared.RatioToDefaults,
            compared.PeakMemoryMB,
            PeakGigaflops = Math.Round(peak / 1e9),
            FractionOfPeak = Math.Round(work * compared.ImagesPerSecond / (2 * Batch) / peak, 2),
            ForwardFractionOfPeak = Math.Round(2 * Batch * WorkOfAPass / forward / peak, 2),
            BackwardFractionOfPeak = Math.Round(2 * 2 * Batch * WorkOfAPass / backward / peak, 2),
        };
    }

    /// <summary>Floating-point operations of an image's pass through the convolutions of ResNet-18: two for each product.</summary>
    private static double WorkOfAPass
    {
        get
        {
            const double Stem = Side / 2 * (Side / 2) * 64.0 * 3 * 7 * 7;
            const double First = Side / 4 * (Side / 4) * 4 * 64.0 * 64 * 9;
            // Each later stage: half the side, twice the channels; its first convolution has half of them, and so has its shortcut, of one tap.
            const double Later = Side / 4 * (Side / 4) * 64.0 * 64 * ((3.5 * 9) + 0.5);
            return 2 * (Stem + First + (3 * Later));
        }
    }

    private static double MatrixProduct(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (left, right) = (rand(MatrixSide, MatrixSide).to(type), rand(MatrixSide, MatrixSide).to(type));
        return 2.0 * MatrixSide * MatrixSide * MatrixSide / Comparison.Seconds(3 * Repeats, () => left.matmul(right).Dispose());
    }

    private static double Forward(ResNet18 network, Cells cells) => Comparison.Seconds(Repeats, () =>
    {
        using var scope = NewDisposeScope();
        network.Features(Both(cells));
    });

    private static double Backward(ResNet18 network, Cells cells)
    {
        using var scope = NewDisposeScope();
        var loss = network.Features(Both(cells)).sum();
        return Comparison.Seconds(Repeats, () =>
        {
            using var inner = NewDisposeScope();
            loss.backward(retain_graph: true);
        });
    }

    private static Tensor Both(Cells cells) => Augmenter.Normalise(cells.Pixels.Gather(cells.All.AsSpan(0, 2 * Batch)));

    private static void Step(nn.Module trained, ResNet18 network, Cells cells, Func<Tensor, Tensor, Generator, Tensor> loss)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        trained.train();
        foreach (var parameter in trained.parameters().Concat(network.Head.parameters()))
        {
            parameter.grad = null;
        }

        loss(cells.Pixels.Gather(cells.All.AsSpan(0, Batch)), cells.Pixels.Gather(cells.All.AsSpan(Batch, Batch)), generator).backward();
    }

    private static Tensor Plain(PlainBackbone backbone, DropoutHead head, Tensor labelled, Tensor labels, Tensor pool, SafetyFilterOptions filter, Generator generator)
    {
        Tensor WithDropout(Tensor images) => head.ForwardWithDropout(backbone.forward(images), head.DrawMasks(generator, images.shape[0]));
        var weak = Prepare(Augmenter.Weak(pool, generator));
        Tensor passes;
        using (no_grad())
        {
            backbone.eval();
            passes = stack(Enumerable.Range(0, Passes).Select(_ => WithDropout(weak).softmax(1)).ToArray());
            backbone.train();
        }

        var (classes, weights, _) = SafetyFilter.Judge(passes, filter, filter.Limit.Level);
        var supervised = nn.functional.cross_entropy(WithDropout(Prepare(Augmenter.Weak(labelled, generator))), labels);
        var each = nn.functional.cross_entropy(WithDropout(Prepare(Augmenter.Strong(pool, generator))), classes, reduction: nn.Reduction.None);
        return supervised + (each * weights).mean();
    }

    private static Tensor Prepare(Tensor images) => Augmenter.Normalise(images).contiguous();
}
