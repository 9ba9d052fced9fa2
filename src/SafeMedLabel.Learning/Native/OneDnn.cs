using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// oneDNN's convolutions as libtorch has them and TorchSharp does not: with weights that are laid out once instead of at each call, with what
/// follows them done before their result leaves the processor's cache, and of 8-bit integers. Values are channels last.
/// </summary>
internal static class OneDnn
{
    private static readonly Lazy<jit.ScriptModule> Functions = new(() => ScriptArchive.Load(
        """
        def pack_weights(self: __torch__.Functions, weights: Tensor, stride: int, padding: int, count: int, channels: int, side: int) -> Tensor:
          return ops.mkldnn._reorder_convolution_weight(weights, [padding, padding], [stride, stride], [1, 1], 1, [count, channels, side, side])
        def convolve(self: __torch__.Functions, values: Tensor, weights: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
          none = annotate(List[Optional[number]], [])
          return ops.mkldnn._convolution_pointwise(values, weights, bias, [padding, padding], [stride, stride], [1, 1], 1, "relu", none, "")
        def convolve_onto(self: __torch__.Functions, values: Tensor, weights: Tensor, bias: Tensor, stride: int, padding: int, other: Tensor) -> Tensor:
          none = annotate(List[Optional[number]], [])
          return ops.mkldnn._convolution_pointwise_(other, values, weights, bias, [padding, padding], [stride, stride], [1, 1], 1, "add", 1.0, "relu", none, "")
        def pack_int8_weights(self: __torch__.Functions, weights: Tensor, steps: Tensor, step: float, zero: int, stride: int, padding: int, count: int, channels: int, side: int) -> Tensor:
          return ops.onednn.qconv_prepack(weights, steps, step, zero, [stride, stride], [padding, padding], [1, 1], 1, [count, channels, side, side])
        def convolve_int8(self: __torch__.Functions, values: Tensor, step: float, zero: int, weights: Tensor, weight_steps: Tensor, weight_zeros: Tensor, bias: Tensor, stride: int, padding: int, out_step: float, out_zero: int, rectify: bool) -> Tensor:
          none = annotate(List[Optional[number]], [])
          return ops.onednn.qconv2d_pointwise(values, step, zero, weights, weight_steps, weight_zeros, bias, [stride, stride], [padding, padding], [1, 1], 1, out_step, out_zero, 0, "relu" if rectify else "none", none, "")
        def convolve_int8_onto(self: __torch__.Functions, values: Tensor, step: float, zero: int, weights: Tensor, weight_steps: Tensor, weight_zeros: Tensor, bias: Tensor, stride: int, padding: int, out_step: float, other: Tensor, other_step: float, other_zero: int) -> Tensor:
          none = annotate(List[Optional[number]], [])
          return ops.onednn.qconv2d_pointwise(values, step, zero, weights, weight_steps, weight_zeros, other, bias, [stride, stride], [padding, padding], [1, 1], 1, out_step, 0, 0, other_step, other_zero, "sum", 1.0, "relu", none, "")
        def max_pool_int8(self: __torch__.Functions, values: Tensor) -> Tensor:
          quantised = torch._make_per_tensor_quantized_tensor(values, 1.0, 0)
          return torch.int_repr(torch.quantized_max_pool2d(quantised, [3, 3], [2, 2], [1, 1], [1, 1], False))
        """));

    /// <summary>Whether libtorch has oneDNN for what lies on <paramref name="device"/>: it does for processors of the x86-64 kind.</summary>
    public static bool IsFor(Device device) => device.type == DeviceType.CPU && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Lays weights out for <see cref="Convolve(Tensor, Tensor, Tensor, long, long)"/>.</summary>
    /// <param name="weights">[K, C, R, R], of the values' type: float32 or bfloat16.</param>
    /// <param name="stride">The convolution's.</param>
    /// <param name="padding">The convolution's.</param>
    /// <param name="count">N that is expected; another is computed as well, but maybe not as fast.</param>
    /// <param name="side">S that is expected.</param>
    public static Tensor PackWeights(Tensor weights, long stride, long padding, long count, long side) =>
        Call("pack_weights", weights, stride, padding, count, weights.shape[1], side);

    /// <summary>The convolution of values [N, C, S, S] with packed weights and a bias [K], rectified.</summary>
    public static Tensor Convolve(Tensor values, Tensor weights, Tensor bias, long stride, long padding) =>
        Call("convolve", values, weights, bias, stride, padding);

    /// <summary>
    /// As <see cref="Convolve(Tensor, Tensor, Tensor, long, long)"/>, but <paramref name="other"/> is added before the result is rectified. The result takes the
    /// place of <paramref name="other"/>.
    /// </summary>
    public static Tensor ConvolveOnto(Tensor other, Tensor values, Tensor weights, Tensor bias, long stride, long padding) =>
        Call("convolve_onto", values, weights, bias, stride, padding, other);

    /// <summary>Weights of 8-bit integers for a convolution of such values.</summary>
    /// <param name="weights">[K, C, R, R], int8.</param>
    /// <param name="steps">[K]: what one is worth in each output channel.</param>
    /// <param name="scale">The values'.</param>
    /// <param name="stride">The convolution's.</param>
    /// <param name="padding">The convolution's.</param>
    /// <param name="count">N that is expected.</param>
    /// <param name="side">S that is expected.</param>
    public static Tensor PackWeights(Tensor weights, Tensor steps, IntegerScale scale, long stride, long padding, long count, long side) =>
        Call("pack_int8_weights", weights, steps, scale.Step, scale.Zero, stride, padding, count, weights.shape[1], side);

    /// <summary>The convolution of uint8 values, channels last, to such values in the scale <paramref name="to"/>.</summary>
    public static Tensor Convolve(Tensor values, IntegerScale scale, IntegerWeights by, IntegerScale to, bool rectify) => Call(
        "convolve_int8", values, scale.Step, scale.Zero, by.Packed, by.Steps, by.Zeros, by.Bias, by.Stride, by.Padding, to.Step, to.Zero, rectify);

    /// <summary>
    /// As <see cref="Convolve(Tensor, IntegerScale, IntegerWeights, IntegerScale, bool)"/>, plus <paramref name="other"/>, rectified. The
    /// result takes the place of <paramref name="other"/>.
    /// </summary>
    public static Tensor ConvolveOnto(Tensor other, IntegerScale otherScale, Tensor values, IntegerScale scale, IntegerWeights by, IntegerScale to) => Call(
        "convolve_int8_onto", values, scale.Step, scale.Zero, by.Packed, by.Steps, by.Zeros, by.Bias, by.Stride, by.Padding, to.Step, other, otherScale.Step, otherScale.Zero);

    /// <summary>The largest of each 3 × 3, at every second place, of uint8 values whose zero is 0.</summary>
    public static Tensor MaxPool(Tensor values) => Call("max_pool_int8", values);

    private static Tensor Call(string function, params ReadOnlySpan<object> arguments) => (Tensor)Functions.Value.Invoke(function, arguments);
}
