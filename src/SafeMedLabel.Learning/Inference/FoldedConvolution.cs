using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Inference;

/// <summary>A convolution and its batch norm in one, float32.</summary>
/// <param name="Weight">[K, C, R, R].</param>
/// <param name="Bias">[K].</param>
/// <param name="Stride">In both directions.</param>
/// <param name="Padding">On all four sides.</param>
internal sealed record FoldedConvolution(Tensor Weight, Tensor Bias, long Stride, long Padding)
{
    /// <summary>[N, C, S, S] → [N, K, S', S'].</summary>
    public Tensor Forward(Tensor input) => nn.functional.conv2d(input, Weight, Bias, strides: [Stride, Stride], padding: [Padding, Padding]);
}

/// <summary>A residual block: two convolutions, and what their input goes through to be added to what comes of them.</summary>
/// <param name="First">The first.</param>
/// <param name="Second">The second.</param>
/// <param name="Shortcut">For the input; null where it is added as it is.</param>
internal sealed record FoldedBlock(FoldedConvolution First, FoldedConvolution Second, FoldedConvolution? Shortcut);
