using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Live;

/// <summary>
/// The method's head alone, trained in less than a second on features that a backbone gave once: a queue can then follow every few labels, where a
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
    private const int AskedAtOnce = 4096;

    private readonly LiveFeatures _features;
    private readonly DropoutHead _head;
    private readonly int _classes;

    private LiveHead(LiveFeatures features, DropoutHead head, int classes) => (_features, _head, _classes) = (features, head, classes);

    /// <summary>Trains a head.</summary>
    /// <param name="features">Features of all images; the head reads them for as long as it is asked.</param>
    /// <param name="labelled">Rows of those with a label, one or more.</param>
    /// <param name="labels">Their classes, 0 to K − 1.</param>
    /// <param name="classes">K, 2 or more.</param>
    /// <param name="seed">Seed of weights, order and dropout: the same gives the same head.</param>
    /// <param name="cancellationToken">Gives up, between two steps.</param>
    public static LiveHead Train(
        LiveFeatures features, IReadOnlyList<int> labelled, IReadOnlyList<int> labels, int classes, long seed, CancellationToken cancellationToken = default)
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

        var inputs = features.Gather([.. labelled]);
        using var optimizer = new MomentumSgd(head.named_parameters(), Momentum, WeightDecay);
        var order = new BatchOrder(labelled.Count, new SeededRandom((ulong)seed, "live head"));
        for (var step = 0; step < Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var batch = order.Next(Math.Min(BatchSize, labelled.Count));
            var input = inputs.index_select(0, tensor(batch.Select(i => (long)i).ToArray()));
            var logits = head.ForwardWithDropout(input, head.DrawMasks(generator, batch.Length));
            optimizer.ClearGradients();
            nn.functional.cross_entropy(logits, tensor(batch.Select(i => (long)labels[i]).ToArray())).backward();
            optimizer.Step(LearningRateSchedule.Rate(LearningRate, step, Steps, falls: true));
        }

        return new LiveHead(features, head, classes);
    }

    /// <summary>MC-Dropout passes over some images. The masks follow from the seed and are the same for all images.</summary>
    /// <param name="rows">The rows asked about.</param>
    /// <param name="passes">T, 2 or more.</param>
    /// <param name="seed">Seed of the masks.</param>
    /// <param name="read">Hears of each image, in the order of the rows.</param>
    /// <param name="type">What the passes compute in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public void StochasticPasses(
        IReadOnlyList<int> rows, int passes, long seed, PassesReader read, ScalarType type = ScalarType.Float32, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 2);
        ArgumentNullException.ThrowIfNull(read);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var (inputs, hidden) = _head.DrawMasks(generator, passes);
        var width = passes * _classes;
        var answers = new float[AskedAtOnce * width];
        foreach (var chunk in rows.Index().Chunk(AskedAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var features = _features.Gather([.. chunk.Select(row => row.Item)], type);
            var logits = Enumerable.Range(0, passes).Select(pass => _head.ForwardThrough((inputs[pass], hidden[pass]), features)).ToArray();
            stack(logits, 1).to(ScalarType.Float32).softmax(2).data<float>().CopyTo(answers);
            for (var i = 0; i < chunk.Length; i++)
            {
                read(chunk[i].Index, new StochasticPasses(answers.AsSpan(i * width, width), passes, _classes));
            }
        }
    }

    /// <summary>Class probabilities without dropout, row-major n × K.</summary>
    public double[] Probabilities(IReadOnlyList<int> rows, CancellationToken cancellationToken = default)
    {
        using var noGradient = no_grad();
        var result = new double[rows.Count * _classes];
        foreach (var chunk in rows.Index().Chunk(AskedAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var features = _features.Gather([.. chunk.Select(row => row.Item)]);
            _head.forward(features).to(ScalarType.Float64).softmax(1).data<double>().CopyTo(result.AsSpan(chunk[0].Index * _classes));
        }

        return result;
    }

    /// <inheritdoc />
    public void Dispose() => _head.Dispose();
}
