using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>
/// A backbone for inference whose batch norms are folded into its convolutions, in which everything lies as the processor's convolutions
/// prefer, and which computes in a type of the caller's choice.
/// </summary>
public sealed class FoldedBackbone : IInferenceBackbone
{
    private readonly ScalarType _type;
    private readonly Convolution _stem;
    private readonly Block[] _blocks;

    /// <summary>Folds a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="side">S of the images that will come; others may be slower.</param>
    /// <param name="type">What it computes in: float32, or bfloat16 where the processor has it.</param>
    public FoldedBackbone(ResNet18 network, long side, ScalarType type = ScalarType.Float32)
    {
        _type = type;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var folded = FoldedWeights.Of(network);
        _stem = LayOut(folded.Stem, side);
        // The stem and the pooling after it leave a quarter of the side.
        side = Math.Max(1, side / 4);
        _blocks = new Block[folded.Blocks.Count];
        for (var i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = LayOut(folded.Blocks[i], ref side);
        }
    }

    /// <inheritdoc />
    public Tensor Features(Tensor images)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var hidden = Pool(images.to(_type).ChannelsLast());
        foreach (var block in _blocks)
        {
            using var before = hidden;
            hidden = block.Forward(before);
        }

        return hidden.to(ScalarType.Float32).mean([2, 3]).MoveToOuterDisposeScope();
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

    private Tensor Pool(Tensor images)
    {
        using var hidden = _stem.Forward(images);
        return nn.functional.max_pool2d(hidden, 3, 2, 1);
    }

    private Block LayOut(FoldedBlock block, ref long side)
    {
        var first = LayOut(block.First, side);
        var shortcut = block.Shortcut is { } through ? new Shortcut(Typed(through.Weight), Typed(through.Bias), through.Stride) : null;
        side = Math.Max(1, side / block.First.Stride);
        return new Block(first, LayOut(block.Second, side), shortcut);
    }

    private Convolution LayOut(FoldedConvolution convolution, long side)
    {
        var weight = convolution.Weight.to(_type);
        var packed = OneDnn.IsFor(weight.device);
        return new Convolution(
            (packed ? OneDnn.PackWeights(weight, convolution.Stride, convolution.Padding, IInferenceBackbone.BatchSize, side) : weight.ChannelsLast()).DetachFromDisposeScope(),
            Typed(convolution.Bias),
            convolution.Stride,
            convolution.Padding,
            packed);
    }

    private Tensor Typed(Tensor values) => values.to(_type).clone().DetachFromDisposeScope();

    /// <summary>A convolution that is rectified.</summary>
    private sealed record Convolution(Tensor Weight, Tensor Bias, long Stride, long Padding, bool Packed) : IDisposable
    {
        public Tensor Forward(Tensor input) => Packed ? OneDnn.Convolve(input, Weight, Bias, Stride, Padding) : Plain(input).relu_();

        /// <summary>Adds <paramref name="other"/> before it rectifies; the result takes the place of <paramref name="other"/>.</summary>
        public Tensor ForwardOnto(Tensor other, Tensor input)
        {
            if (Packed)
            {
                return OneDnn.ConvolveOnto(other, input, Weight, Bias, Stride, Padding);
            }

            using var output = Plain(input);
            return other.AddInPlace(output).relu_();
        }

        public void Dispose()
        {
            Weight.Dispose();
            Bias.Dispose();
        }

        private Tensor Plain(Tensor input) => nn.functional.conv2d(input, Weight, Bias, strides: [Stride, Stride], padding: [Padding, Padding]);
    }

    private sealed record Shortcut(Tensor Weight, Tensor Bias, long Stride) : IDisposable
    {
        public Tensor Forward(Tensor input) => MixedPrecision.Pointwise(input, Weight, Stride, Bias);

        public void Dispose()
        {
            Weight.Dispose();
            Bias.Dispose();
        }
    }

    private sealed record Block(Convolution First, Convolution Second, Shortcut? Shortcut) : IDisposable
    {
        /// <summary>The result may take the place of <paramref name="input"/>.</summary>
        public Tensor Forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return Second.ForwardOnto(Shortcut?.Forward(input) ?? input.alias(), First.Forward(input)).MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            Shortcut?.Dispose();
        }
    }
}
