using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// Tensors in the layouts that oneDNN's convolutions prefer: weights are then laid out once instead of at each call, and what flows from
/// one convolution to the next not at all. libtorch has the functions, but TorchSharp wraps none of them; TorchScript reaches them.
/// </summary>
internal static class OneDnn
{
    private static readonly Lazy<jit.CompilationUnit> Functions = new(() => jit.compile(
        """
        def pack(values: Tensor) -> Tensor:
            return values.to_mkldnn()

        def pack_weights(weights: Tensor, stride: int, padding: int, count: int, channels: int, side: int) -> Tensor:
            return torch.mkldnn_reorder_conv2d_weight(
                weights.to_mkldnn(), [padding, padding], [stride, stride], [1, 1], 1, [count, channels, side, side])

        def convolve(values: Tensor, weights: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
            return torch.mkldnn_convolution(values, weights, bias, [padding, padding], [stride, stride], [1, 1], 1)

        """));

    /// <summary>Whether libtorch has oneDNN for what lies on <paramref name="device"/>: it does for processors of the x86-64 kind.</summary>
    public static bool IsFor(Device device) => device.type == DeviceType.CPU && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Values, [N, C, S, S], float32 or bfloat16, for a convolution; what comes of it is packed too, and <c>to_dense</c> unpacks it.</summary>
    public static Tensor Pack(Tensor values) => (Tensor)Functions.Value.invoke("pack", values);

    /// <summary>Weights [K, C, R, R] for a convolution of packed values.</summary>
    /// <param name="weights">The weights, of the values' type.</param>
    /// <param name="stride">The convolution's.</param>
    /// <param name="padding">The convolution's.</param>
    /// <param name="count">N that is expected; another is computed as well, but maybe not as fast.</param>
    /// <param name="side">S that is expected.</param>
    public static Tensor PackWeights(Tensor weights, long stride, long padding, long count, long side) =>
        (Tensor)Functions.Value.invoke("pack_weights", weights, stride, padding, count, weights.shape[1], side);

    /// <summary>The convolution of packed values with packed weights and a plain bias of the same type.</summary>
    public static Tensor Convolve(Tensor values, Tensor weights, Tensor bias, long stride, long padding) =>
        (Tensor)Functions.Value.invoke("convolve", values, weights, bias, stride, padding);
}
