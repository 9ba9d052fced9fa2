using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>
/// A backbone's convolutions in float32, each with the batch norm after it folded in: w' = w·γ/√(σ² + ε), b' = β − μ·γ/√(σ² + ε).
/// </summary>
/// <param name="Stem">The first.</param>
/// <param name="Blocks">The eight blocks, in order.</param>
internal sealed record FoldedWeights(FoldedConvolution Stem, IReadOnlyList<FoldedBlock> Blocks)
{
    private const double Epsilon = 1e-5;

    /// <summary>Folds a network. The tensors belong to the caller's dispose scope.</summary>
    public static FoldedWeights Of(ResNet18 network)
    {
        using var noGradient = no_grad();
        var state = network.Tensors();
        return new FoldedWeights(
            Fold(state, "base.conv1", "base.bn1", stride: 2, padding: 3),
            [
                .. Enumerable.Range(1, 4).SelectMany(layer => Enumerable.Range(0, 2).Select(index =>
                    FoldBlock(state, $"base.layer{layer}.{index}", stride: layer > 1 && index == 0 ? 2 : 1)))
            ]);
    }

    private static FoldedBlock FoldBlock(IReadOnlyDictionary<string, Tensor> state, string name, int stride) => new(
        Fold(state, $"{name}.conv1", $"{name}.bn1", stride, padding: 1),
        Fold(state, $"{name}.conv2", $"{name}.bn2", stride: 1, padding: 1),
        state.ContainsKey($"{name}.downsample.0.weight") ? Fold(state, $"{name}.downsample.0", $"{name}.downsample.1", stride, padding: 0) : null);

    private static FoldedConvolution Fold(IReadOnlyDictionary<string, Tensor> state, string convolution, string norm, int stride, int padding)
    {
        var scale = state[$"{norm}.weight"] / state[$"{norm}.running_var"].Plus(Epsilon).sqrt();
        return new FoldedConvolution(
            state[$"{convolution}.weight"] * scale.view(-1, 1, 1, 1), state[$"{norm}.bias"] - (state[$"{norm}.running_mean"] * scale), stride, padding);
    }
}
