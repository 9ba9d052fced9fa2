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
    private readonly bool _packed;
    private readonly Convolution _stem;
    private readonly Block[] _blocks;

    /// <summary>Folds a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="side">S of the images that will come; others may be slower.</param>
    /// <param name="type">What it computes in: float32, or bfloat16 where the processor has it.</param>
    public FoldedBackbone(ResNet18 network, long side, ScalarType type = ScalarType.Float32)
    {
        _type = type;
        _packed = OneDnn.IsFor(network.Device) && Processor.TellsCaches;
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
        var typed = images.to(_type);
        var hidden = _stem.Forward(_packed ? OneDnn.Pack(typed.contiguous()) : typed.ChannelsLast()).relu_();
        hidden = nn.functional.max_pool2d(hidden, 3, 2, 1);
        foreach (var block in _blocks)
        {
            hidden = block.Forward(hidden);
        }

        return (_packed ? hidden.to_dense() : hidden).to(ScalarType.Float32).mean([2, 3]).MoveToOuterDisposeScope();
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

    private Block LayOut(FoldedBlock block, ref long side)
    {
        var (first, shortcut) = (LayOut(block.First, side), block.Shortcut is { } through ? LayOut(through, side) : null);
        side = Math.Max(1, side / block.First.Stride);
        return new Block(first, LayOut(block.Second, side), shortcut);
    }

    private Convolution LayOut(FoldedConvolution convolution, long side)
    {
        var weight = convolution.Weight.to(_type);
        return new Convolution(
            (_packed ? OneDnn.PackWeights(weight.contiguous(), convolution.Stride, convolution.Padding, IInferenceBackbone.BatchSize, side) : weight.ChannelsLast()).DetachFromDisposeScope(),
            convolution.Bias.to(_type).clone().DetachFromDisposeScope(),
            convolution.Stride,
            convolution.Padding,
            _packed);
    }

    private sealed record Convolution(Tensor Weight, Tensor Bias, long Stride, long Padding, bool Packed) : IDisposable
    {
        public Tensor Forward(Tensor input) => Packed
            ? OneDnn.Convolve(input, Weight, Bias, Stride, Padding)
            : nn.functional.conv2d(input, Weight, Bias, strides: [Stride, Stride], padding: [Padding, Padding]);

        public void Dispose()
        {
            Weight.Dispose();
            Bias.Dispose();
        }
    }

    private sealed record Block(Convolution First, Convolution Second, Convolution? Shortcut) : IDisposable
    {
        public Tensor Forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var output = Second.Forward(First.Forward(input).relu_());
            return output.AddInPlace(Shortcut?.Forward(input) ?? input).relu_().MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            Shortcut?.Dispose();
        }
    }
}
