using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Live;

/// <summary>
/// The method's head alone, trained in about a second on features that a backbone gave once: a queue can then follow every few labels, where a
/// whole training takes minutes.
/// </summary>
public sealed class LiveHead : IDisposable
{
    /// <summary>Steps of a training. Other numbers, rates and decays made little difference on the calibration patients of three seeds.</summary>
    private const int Steps = 200;

    private const double LearningRate = 0.01;
    private const double Momentum = 0.9;
    private const double WeightDecay = 0.05;

    /// <summary>Labelled images a step: all where they are fewer, so that time has a bound.</summary>
    private const int BatchSize = 256;

    /// <summary>Images asked at once, which bounds the memory.</summary>
    private const int AskedAtOnce = 8192;

    private readonly DropoutHead _head;
    private readonly int _classes;

    private LiveHead(DropoutHead head, int classes) => (_head, _classes) = (head, classes);

    /// <summary>Trains a head.</summary>
    /// <param name="features">Features of all images, [N, 512], from <see cref="Standardised"/>.</param>
    /// <param name="labelled">Rows of those with a label, one or more.</param>
    /// <param name="labels">Their classes, 0 to K − 1.</param>
    /// <param name="classes">K, 2 or more.</param>
    /// <param name="seed">Seed of weights, order and dropout: the same gives the same head.</param>
    /// <param name="cancellationToken">Gives up, between two steps.</param>
    public static LiveHead Train(
        Tensor features, IReadOnlyList<int> labelled, IReadOnlyList<int> labels, int classes, long seed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNotEqual(labels.Count, labelled.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(labelled.Count, 1);
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var head = new DropoutHead(classes);
        using (no_grad())
        {
            head.Initialise(generator);
        }

        using var optimizer = new MomentumSgd(head.named_parameters(), Momentum, WeightDecay);
        var order = new BatchOrder(labelled.Count, new SeededRandom((ulong)seed, "live head"));
        for (var step = 0; step < Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var batch = order.Next(Math.Min(BatchSize, labelled.Count));
            var input = features.index_select(0, tensor(batch.Select(i => (long)labelled[i]).ToArray()));
            var logits = head.ForwardWithDropout(input, head.DrawMasks(generator, batch.Length));
            optimizer.ClearGradients();
            nn.functional.cross_entropy(logits, tensor(batch.Select(i => (long)labels[i]).ToArray())).backward();
            optimizer.Step(LearningRateSchedule.Rate(LearningRate, step, Steps, falls: true));
        }

        return new LiveHead(head, classes);
    }

    /// <summary>
    /// Features scaled to mean 0 and deviation 1 over all images, for which no label is needed. A head then learns from a few labels, and a feature that
    /// dropout sets to 0 has its mean.
    /// </summary>
    /// <param name="features">[N, 512]; stays as it is.</param>
    public static Tensor Standardised(Tensor features)
    {
        using var scope = NewDisposeScope();
        var deviation = features.std([0], unbiased: false, keepdim: true).NoLessThan(1e-6);
        return ((features - features.mean([0], keepdim: true)) / deviation).MoveToOuterDisposeScope();
    }

    /// <summary>Probabilities of MC-Dropout passes, laid out [image, pass, class]. The masks follow from the seed and are the same for all images.</summary>
    /// <param name="features">As of <see cref="Train"/>; in a type of <see cref="Arithmetic"/>, in which the passes compute.</param>
    /// <param name="rows">The rows asked about.</param>
    /// <param name="passes">T, 2 or more.</param>
    /// <param name="seed">Seed of the masks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public float[] StochasticPasses(Tensor features, IReadOnlyList<int> rows, int passes, long seed, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 2);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var (inputs, hidden) = _head.DrawMasks(generator, passes);
        var width = passes * _classes;
        var result = new float[rows.Count * width];
        for (var start = 0; start < rows.Count; start += AskedAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var input = features.index_select(0, tensor(rows.Skip(start).Take(AskedAtOnce).Select(i => (long)i).ToArray()));
            var answers = Enumerable.Range(0, passes).Select(pass => _head.ForwardThrough((inputs[pass], hidden[pass]), input)).ToArray();
            stack(answers, 1).to(ScalarType.Float32).softmax(2).data<float>().CopyTo(result.AsSpan(start * width));
        }

        return result;
    }

    /// <inheritdoc />
    public void Dispose() => _head.Dispose();
}
