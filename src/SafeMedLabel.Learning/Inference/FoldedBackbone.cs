using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>
/// A network's backbone for inference: each batch norm is folded into the convolution before it (w' = w·γ/√(σ² + ε),
/// b' = β − μ·γ/√(σ² + ε)), pixels lie channels last, and it computes in a type of the caller's choice. A copy: later training of
/// the network does not change it.
/// </summary>
public sealed class FoldedBackbone : IDisposable
{
    private const double Epsilon = 1e-5;

    private readonly ScalarType _type;
    private readonly Convolution _stem;
    private readonly Block[] _blocks;

    /// <summary>Folds <paramref name="network"/>, computing in <paramref name="type"/>: float32, or bfloat16 where the processor has it.</summary>
    public FoldedBackbone(ResNet18 network, ScalarType type = ScalarType.Float32)
    {
        _type = type;
        using var noGradient = no_grad();
        var state = network.Tensors();
        _stem = Fold(state, "base.conv1", "base.bn1", stride: 2, padding: 3);
        _blocks = [.. Enumerable.Range(1, 4).SelectMany(layer => Enumerable.Range(0, 2).Select(index => FoldBlock(state, $"base.layer{layer}.{index}", stride: layer > 1 && index == 0 ? 2 : 1)))];
    }

    /// <summary>Normalised images [N, 3, S, S] → features [N, 512] in float32.</summary>
    public Tensor Features(Tensor images)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var hidden = _stem.Forward(images.to(_type).ChannelsLast()).relu_();
        hidden = nn.functional.max_pool2d(hidden, 3, 2, 1);
        foreach (var block in _blocks)
        {
            hidden = block.Forward(hidden);
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

    private Block FoldBlock(IReadOnlyDictionary<string, Tensor> state, string name, int stride) => new(
        Fold(state, $"{name}.conv1", $"{name}.bn1", stride, padding: 1),
        Fold(state, $"{name}.conv2", $"{name}.bn2", stride: 1, padding: 1),
        state.ContainsKey($"{name}.downsample.0.weight") ? Fold(state, $"{name}.downsample.0", $"{name}.downsample.1", stride, padding: 0) : null);

    private Convolution Fold(IReadOnlyDictionary<string, Tensor> state, string convolution, string norm, int stride, int padding)
    {
        using var scope = NewDisposeScope();
        var scale = state[$"{norm}.weight"] / (state[$"{norm}.running_var"] + Epsilon).sqrt();
        var weight = state[$"{convolution}.weight"] * scale.view(-1, 1, 1, 1);
        var bias = state[$"{norm}.bias"] - (state[$"{norm}.running_mean"] * scale);
        return new Convolution(
            weight.to(_type).ChannelsLast().DetachFromDisposeScope(), bias.to(_type).clone().DetachFromDisposeScope(), stride, padding);
    }

    private sealed record Convolution(Tensor Weight, Tensor Bias, long Stride, long Padding) : IDisposable
    {
        public Tensor Forward(Tensor input) => nn.functional.conv2d(input, Weight, Bias, strides: [Stride, Stride], padding: [Padding, Padding]);

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
