using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>
/// Asks a network about images: once without dropout, or many times with. Leaves it as it found it. It computes in float32 where
/// it is not told otherwise: for figures that are reported. A ranking may be had faster in <see cref="RankingType"/>, and uncertainties
/// whose size matters in <see cref="FastType"/>. Probabilities are at the network's temperature.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="pixels">The images.</param>
/// <param name="type">What the backbone computes in: float32, bfloat16 or int8.</param>
public sealed class Predictor(ResNet18 network, PixelStore pixels, ScalarType type = ScalarType.Float32)
{
    /// <summary>Images that the components of likeness are found from.</summary>
    private const int LikenessSample = 512;

    /// <summary>The faster of float32 and bfloat16 on this machine.</summary>
    public static ScalarType FastType => Arithmetic.Has(ScalarType.BFloat16) ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>The fastest type on this machine that orders images by their uncertainty as float32 does.</summary>
    public static ScalarType RankingType(Device device) => OneDnn.IsFor(device) && Arithmetic.Has(ScalarType.Int8) ? ScalarType.Int8 : FastType;

    /// <summary>
    /// Class probabilities without dropout, row-major n × K: the mean over as many views as the network has
    /// <see cref="ResNet18.TestViews"/>, and then the temperature, which was fitted to such means.
    /// </summary>
    public double[] Probabilities(IReadOnlyList<int> indices, CancellationToken cancellationToken = default)
    {
        var result = new double[indices.Count * network.Classes];
        ForEachBatch(
            indices,
            (backbone, images, start) =>
            {
                var views = Enumerable.Range(0, network.TestViews).Select(view => Probabilities(backbone, Symmetries.Apply(images, view))).ToArray();
                var mean = stack(views, 0).mean([0]);
                (network.Temperature == 1 ? mean : mean.log().DividedBy(network.Temperature).softmax(1)).cpu().data<double>().CopyTo(result.AsSpan(start * network.Classes));
            },
            null,
            cancellationToken);
        return result;
    }

    /// <summary>
    /// Probabilities of MC-Dropout passes, laid out [image, pass, class]. The backbone runs once an image. The masks follow from
    /// the seed and are the same for all images, so that an image's passes do not depend on its company (in int8 by a hair: the scales do).
    /// </summary>
    public float[] StochasticPasses(IReadOnlyList<int> indices, int passes, long seed, IProgress<double>? progress = null, CancellationToken cancellationToken = default) =>
        StochasticPasses(indices, passes, seed, (_, _) => { }, progress, cancellationToken);

    /// <summary>
    /// <see cref="StochasticPasses(IReadOnlyList{int}, int, long, IProgress{double}?, CancellationToken)"/>, and how the images look alike:
    /// <see cref="Likeness.Length"/> bytes each, from the same run of the backbone.
    /// </summary>
    public (float[] Passes, byte[] Likeness) ReadPool(IReadOnlyList<int> indices, int passes, long seed, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        using var sample = SampleFeatures(indices, cancellationToken);
        using var basis = new LikenessBasis(sample);
        var likeness = new byte[indices.Count * Likeness.Length];
        return (StochasticPasses(indices, passes, seed, (features, start) => basis.Project(features).CopyTo(likeness, start * Likeness.Length), progress, cancellationToken), likeness);
    }

    private float[] StochasticPasses(IReadOnlyList<int> indices, int passes, long seed, Action<Tensor, int> look, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 2);
        var width = passes * network.Classes;
        var result = new float[indices.Count * width];
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var masks = network.Head.DrawMasks(generator, passes, 1);
        ForEachBatch(
            indices,
            (backbone, images, start) =>
            {
                var features = backbone.Features(images);
                look(features, start);
                var logits = network.Head.ForwardWithDropout(features.unsqueeze(0), masks);
                logits.DividedBy(network.Temperature).softmax(2).permute(1, 0, 2).contiguous().cpu().data<float>().CopyTo(result.AsSpan(start * width));
            },
            progress,
            cancellationToken);
        return result;
    }

    /// <summary>What the backbone sees in each image: [n, 512] in float32, where the network is.</summary>
    public Tensor Features(IReadOnlyList<int> indices, CancellationToken cancellationToken = default)
    {
        var all = empty(indices.Count, DropoutHead.Inputs, device: network.Device);
        ForEachBatch(
            indices,
            (backbone, images, start) =>
            {
                var features = backbone.Features(images);
                all.narrow(0, start, features.shape[0]).copy_(features);
            },
            null,
            cancellationToken);
        return all;
    }

    /// <summary>Of images evenly spaced among these, enough for their principal components.</summary>
    private Tensor SampleFeatures(IReadOnlyList<int> indices, CancellationToken cancellationToken)
    {
        var count = Math.Min(LikenessSample, indices.Count);
        return Features([.. Enumerable.Range(0, count).Select(i => indices[(int)((long)i * indices.Count / count)])], cancellationToken);
    }

    private Tensor Probabilities(IInferenceBackbone backbone, Tensor images) =>
        network.Head.forward(backbone.Features(images)).to(ScalarType.Float64).softmax(1);

    private void ForEachBatch(IReadOnlyList<int> indices, Action<IInferenceBackbone, Tensor, int> read, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        if (indices.Count == 0)
        {
            return;
        }

        using var noGradient = no_grad();
        using var backbone = Backbone(indices);
        for (var start = 0; start < indices.Count; start += IInferenceBackbone.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            int[] batch = [.. indices.Skip(start).Take(IInferenceBackbone.BatchSize)];
            read(backbone, Augmenter.Normalise(pixels.Gather(batch)), start);
            progress?.Report((double)(start + batch.Length) / indices.Count);
        }
    }

    /// <summary>The scales of int8 come from one batch of the images, evenly spaced among them.</summary>
    private IInferenceBackbone Backbone(IReadOnlyList<int> indices)
    {
        if (type != ScalarType.Int8)
        {
            return new FoldedBackbone(network, pixels.Size, type);
        }

        using var scope = NewDisposeScope();
        var count = Math.Min(IInferenceBackbone.BatchSize, indices.Count);
        int[] sample = [.. Enumerable.Range(0, count).Select(i => indices[(int)((long)i * indices.Count / count)])];
        return new IntegerBackbone(network, Augmenter.Normalise(pixels.Gather(sample)));
    }
}
