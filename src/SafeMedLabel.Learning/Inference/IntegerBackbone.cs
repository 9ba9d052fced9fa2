using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>
/// A backbone for inference in integers of 8 bits, for processors that multiply them by fours (<see cref="Arithmetic.Has"/>). Batch norms
/// are folded; weights have a scale for each output channel, and what flows between the convolutions one for each place, which
/// sample images settle (Jacob et al., <em>Quantization and Training of Neural Networks</em>, CVPR 2018). It ranks images as float32 does,
/// very nearly; figures that are reported are not made with it.
/// </summary>
public sealed class IntegerBackbone : IInferenceBackbone
{
    private static readonly IntegerScale Input = IntegerScale.Of(Augmenter.NormalisedRange.Low, Augmenter.NormalisedRange.High);

    private readonly IntegerWeights _stem;
    private readonly IntegerScale _stemScale;
    private readonly Block[] _blocks;

    /// <summary>Rounds a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="sample">Normalised images [N, 3, S, S] like those that will come. A value beyond those that they lead to becomes the largest that they do.</param>
    public IntegerBackbone(ResNet18 network, Tensor sample)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var folded = FoldedWeights.Of(network);
        _stem = Round(folded.Stem, Input, sample);
        var hidden = folded.Stem.Forward(sample).relu_();
        _stemScale = IntegerScale.Of(hidden);
        hidden = nn.functional.max_pool2d(hidden, 3, 2, 1);

        _blocks = new Block[folded.Blocks.Count];
        var scale = _stemScale;
        for (var i = 0; i < _blocks.Length; i++)
        {
            (_blocks[i], hidden) = Round(folded.Blocks[i], scale, hidden);
            scale = _blocks[i].Output;
        }
    }

    /// <inheritdoc />
    public Tensor Features(Tensor images)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var hidden = OneDnn.MaxPool(OneDnn.Convolve(Input.Write(images.ChannelsLast()), Input, _stem, _stemScale, rectify: true));
        var scale = _stemScale;
        foreach (var block in _blocks)
        {
            hidden = block.Forward(hidden, scale);
            scale = block.Output;
        }

        return hidden.to(ScalarType.Float32).mean([2, 3]).Times(scale.Step).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stem.Dispose();
        foreach (var block in _blocks)
        {
            block.Dispose();
        }
    }

    private static (Block Block, Tensor Output) Round(FoldedBlock block, IntegerScale scale, Tensor input)
    {
        var middle = block.First.Forward(input).relu_();
        var other = block.Shortcut?.Forward(input) ?? input;
        var output = block.Second.Forward(middle).Plus(other).relu_();
        var (middleScale, otherScale) = (IntegerScale.Of(middle), block.Shortcut is null ? scale : IntegerScale.Of(other));
        var rounded = new Block(
            Round(block.First, scale, input),
            middleScale,
            Round(block.Second, middleScale, middle),
            block.Shortcut is { } shortcut ? Round(shortcut, scale, input) : null,
            otherScale,
            IntegerScale.Of(output));
        return (rounded, output);
    }

    private static IntegerWeights Round(FoldedConvolution convolution, IntegerScale scale, Tensor input) => new(
        convolution.Weight, convolution.Bias, convolution.Stride, convolution.Padding, scale, IInferenceBackbone.BatchSize, input.shape[2]);

    private sealed record Block(
        IntegerWeights First, IntegerScale Middle, IntegerWeights Second, IntegerWeights? Shortcut, IntegerScale Other, IntegerScale Output) : IDisposable
    {
        public Tensor Forward(Tensor input, IntegerScale scale)
        {
            using var scope = NewDisposeScope();
            var middle = OneDnn.Convolve(input, scale, First, Middle, rectify: true);
            var other = Shortcut is null ? input : OneDnn.Convolve(input, scale, Shortcut, Other, rectify: false);
            return OneDnn.ConvolveOnto(other, Other, middle, Middle, Second, Output).MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            Shortcut?.Dispose();
        }
    }
}
