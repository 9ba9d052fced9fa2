using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>
/// A network's backbone for inference: each batch norm is folded into the convolution before it (w' = w·γ/√(σ² + ε),
/// b' = β − μ·γ/√(σ² + ε)), everything lies as the processor's convolutions prefer, and it computes in a type of the caller's choice.
/// A copy: later training of the network does not change it.
/// </summary>
public sealed class FoldedBackbone : IDisposable
{
    /// <summary>Images that a batch had better have. Of 8 to 256, 16 and 32 were the fastest: larger ones leave the processor's cache.</summary>
    public const int BatchSize = 32;

    private const double Epsilon = 1e-5;

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
        _packed = OneDnn.IsFor(network.Device);
        using var noGradient = no_grad();
        var state = network.Tensors();
        _stem = Fold(state, "base.conv1", "base.bn1", stride: 2, padding: 3, side);
        // The stem and the pooling after it leave a quarter of the side; each layer after the first half of that before it.
        _blocks =
        [
            .. Enumerable.Range(1, 4).SelectMany(layer => Enumerable.Range(0, 2).Select(index =>
                FoldBlock(state, $"base.layer{layer}.{index}", stride: layer > 1 && index == 0 ? 2 : 1, Math.Max(1, (side / 4) >> Math.Max(0, layer - 2 + index)))))
        ];
    }

    /// <summary>Normalised images [N, 3, S, S] → features [N, 512] in float32.</summary>
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

    private Block FoldBlock(IReadOnlyDictionary<string, Tensor> state, string name, int stride, long side) => new(
        Fold(state, $"{name}.conv1", $"{name}.bn1", stride, padding: 1, side),
        Fold(state, $"{name}.conv2", $"{name}.bn2", stride: 1, padding: 1, Math.Max(1, side / stride)),
        state.ContainsKey($"{name}.downsample.0.weight") ? Fold(state, $"{name}.downsample.0", $"{name}.downsample.1", stride, padding: 0, side) : null);

    private Convolution Fold(IReadOnlyDictionary<string, Tensor> state, string convolution, string norm, int stride, int padding, long side)
    {
        using var scope = NewDisposeScope();
        var scale = state[$"{norm}.weight"] / (state[$"{norm}.running_var"] + Epsilon).sqrt();
        var weight = (state[$"{convolution}.weight"] * scale.view(-1, 1, 1, 1)).to(_type);
        var bias = state[$"{norm}.bias"] - (state[$"{norm}.running_mean"] * scale);
        return new Convolution(
            (_packed ? OneDnn.PackWeights(weight.contiguous(), stride, padding, BatchSize, side) : weight.ChannelsLast()).DetachFromDisposeScope(),
            bias.to(_type).clone().DetachFromDisposeScope(),
            stride,
            padding,
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
            return output.add_(Shortcut?.Forward(input) ?? input).relu_().MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            Shortcut?.Dispose();
        }
    }
}
