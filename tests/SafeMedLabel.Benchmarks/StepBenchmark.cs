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
/// against ours.
/// </summary>
internal static class StepBenchmark
{
    private const int Passes = 10;
    private const int Batch = 32;

    public static object Run()
    {
        using var cells = new Cells(240, 128);
        using var network = new ResNet18(2, seed: 1);
        var filter = new SafetyFilterOptions();
        var algorithm = new SafeMedSslAlgorithm(new Views(AugmentationKind.Weak, AugmentationKind.Weak, AugmentationKind.Strong), Passes, filter);
        var labels = tensor(Enumerable.Range(0, Batch).Select(i => (long)(i % 2)).ToArray());
        return Comparison.Run(
            2 * Batch,
            () => Step(network, ScalarType.Float32, cells, (labelled, pool, generator) => Plain(network, labelled, labels, pool, filter, generator)),
            () => Step(network, Predictor.FastType, cells, (labelled, pool, generator) =>
            {
                var loss = algorithm.Step(network, network, labelled, labels, pool, generator);
                return loss.Supervised + loss.Unlabelled!;
            }));
    }

    private static void Step(ResNet18 network, ScalarType type, Cells cells, Func<Tensor, Tensor, Generator, Tensor> loss)
    {
        network.ComputeType = type;
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        network.train();
        foreach (var parameter in network.parameters())
        {
            parameter.grad = null;
        }

        loss(cells.Pixels.Gather(cells.All.AsSpan(0, Batch)), cells.Pixels.Gather(cells.All.AsSpan(Batch, Batch)), generator).backward();
    }

    private static Tensor Plain(ResNet18 network, Tensor labelled, Tensor labels, Tensor pool, SafetyFilterOptions filter, Generator generator)
    {
        var weak = Prepare(Augmenter.Weak(pool, generator));
        Tensor passes;
        using (no_grad())
        {
            network.eval();
            passes = stack(Enumerable.Range(0, Passes).Select(_ => network.ForwardWithDropout(weak, generator).softmax(1)).ToArray());
            network.train();
        }

        var (classes, weights, _) = SafetyFilter.Judge(passes, filter, filter.Limit.Level);
        var supervised = nn.functional.cross_entropy(network.ForwardWithDropout(Prepare(Augmenter.Weak(labelled, generator)), generator), labels);
        var each = nn.functional.cross_entropy(network.ForwardWithDropout(Prepare(Augmenter.Strong(pool, generator)), generator), classes, reduction: nn.Reduction.None);
        return supervised + (each * weights).mean();
    }

    private static Tensor Prepare(Tensor images) => Augmenter.Normalise(images).contiguous();
}
