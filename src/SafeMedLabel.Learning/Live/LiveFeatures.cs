using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Live;

/// <summary>
/// Features as a <see cref="LiveHead"/> reads them: scaled to mean 0 and deviation 1 over all images, for which no label is needed. A head then learns
/// from a few labels, and a feature that dropout sets to 0 has its mean.
/// </summary>
public sealed class LiveFeatures : IDisposable
{
    /// <summary>Images, evenly spaced, that mean and deviation are taken from: the mean of so many is known to a hundredth of the deviation.</summary>
    private const int Sample = 16_384;

    private readonly FeatureStore _store;
    private readonly Tensor _mean;
    private readonly Tensor _scale;

    /// <summary>Finds the scale.</summary>
    /// <param name="store">The features, which somebody else disposes of.</param>
    /// <exception cref="InvalidDataException">They are no numbers; one sentence.</exception>
    public LiveFeatures(FeatureStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        using var scope = NewDisposeScope();
        _store = store;
        var count = Math.Min(Sample, store.Count);
        var sample = store.Gather([.. Enumerable.Range(0, count).Select(i => (int)((long)i * store.Count / count))]);
        if (!sample.isfinite().all().ReadBoolean())
        {
            throw new InvalidDataException("The file of features is damaged; it is made anew.");
        }

        _mean = sample.mean([0], keepdim: true).DetachFromDisposeScope();
        _scale = sample.std([0], unbiased: false, keepdim: true).NoLessThan(1e-6).reciprocal().DetachFromDisposeScope();
    }

    /// <summary>Some images' features: [n, 512].</summary>
    /// <param name="rows">Their rows.</param>
    /// <param name="type">The type that they are wanted in.</param>
    public Tensor Gather(ReadOnlySpan<int> rows, ScalarType type = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        return _store.Gather(rows).sub_(_mean).mul_(_scale).to(type).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _mean.Dispose();
        _scale.Dispose();
    }
}
