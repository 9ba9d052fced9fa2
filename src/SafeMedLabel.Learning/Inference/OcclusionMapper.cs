using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>
/// Where in an image the evidence for a class lies: how far the log-odds of the class fall when a place is hidden (occlusion sensitivity, Zeiler
/// and Fergus 2014, 'Visualizing and Understanding Convolutional Networks'). It measures what it shows, which maps made of activations do
/// not: Grad-CAM on the last stage has 2 × 2 places for a cell of 64 px, and on an earlier one it did not find the dot of a drawn cell
/// more often than chance. A hidden place has the mean colour of what is around it, so that it does not look like anything. Of the image as it
/// is: views that a network averages over are not asked.
/// </summary>
public sealed class OcclusionMapper : IDisposable
{
    /// <summary>Places a side.</summary>
    public const int Side = 8;

    private readonly ResNet18 _network;
    private readonly PixelStore _pixels;
    private readonly FoldedBackbone _backbone;
    private readonly Tensor _masks;

    /// <summary>Makes a network ready to be asked; it is left as it is.</summary>
    /// <param name="network">The network.</param>
    /// <param name="pixels">The images, of at least <see cref="Side"/> pixels a side.</param>
    public OcclusionMapper(ResNet18 network, PixelStore pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels.Size, Side);
        (_network, _pixels) = (network, pixels);
        _backbone = new FoldedBackbone(network, pixels.Size, Predictor.FastType);
        _masks = Masks(pixels.Size).to(network.Device);
    }

    /// <summary>Maps of <paramref name="indices"/> for a class each.</summary>
    /// <param name="indices">Rows of the pixel store.</param>
    /// <param name="classes">For which class, of each.</param>
    /// <param name="cancellationToken">Gives up, between two images.</param>
    /// <returns>A square each, row-major: 255 where hiding it lowers the log-odds most, 0 where it does not lower them.</returns>
    public IReadOnlyList<byte[]> Map(IReadOnlyList<int> indices, IReadOnlyList<int> classes, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(classes.Count, indices.Count);
        var maps = new byte[indices.Count][];
        for (var i = 0; i < maps.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            maps[i] = Map(indices[i], classes[i]);
        }

        return maps;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _backbone.Dispose();
        _masks.Dispose();
    }

    private byte[] Map(int index, int classIndex)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var image = Augmenter.Normalise(_pixels.Gather([index]));
        var around = nn.functional.interpolate(
            nn.functional.adaptive_avg_pool2d(image, Side / 2), size: [_pixels.Size, _pixels.Size], mode: InterpolationMode.Bilinear, align_corners: false);
        var falls = _masks.split(IInferenceBackbone.BatchSize).Select(masks => LogOdds(lerp(image, around, masks), classIndex)).ToArray();
        var evidence = (LogOdds(image, classIndex) - cat(falls)).relu();
        return (evidence / evidence.max().NoLessThan(float.Epsilon)).Times(byte.MaxValue).round().to(ScalarType.Byte).cpu().data<byte>().ToArray();
    }

    /// <summary>ln(p ÷ (1 − p)) of a class for each of the images.</summary>
    private Tensor LogOdds(Tensor images, int classIndex)
    {
        var logits = _network.Head.forward(_backbone.Features(images));
        long[] others = [.. Enumerable.Range(0, _network.Classes).Where(k => k != classIndex)];
        return logits[.., classIndex] - logits.index_select(1, tensor(others, device: logits.device)).logsumexp(1);
    }

    /// <summary>[Side², 1, S, S]: 1 in a square about the middle of a place, twice as wide as the place.</summary>
    private static Tensor Masks(int size)
    {
        var masks = new float[Side * Side * size * size];
        for (var place = 0; place < Side * Side; place++)
        {
            var (row, column) = Math.DivRem(place, Side);
            for (var y = 0; y < size; y++)
            {
                for (var x = 0; x < size; x++)
                {
                    masks[(((place * size) + y) * size) + x] = IsHidden(y, row, size) && IsHidden(x, column, size) ? 1 : 0;
                }
            }
        }

        return tensor(masks, [Side * Side, 1, size, size]);
    }

    private static bool IsHidden(int pixel, int place, int size) => Math.Abs(((pixel + 0.5) * Side / size) - (place + 0.5)) <= 1;
}
