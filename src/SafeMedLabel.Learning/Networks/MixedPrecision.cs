using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SafeMedLabel.Learning.Networks;

/// <summary>Layers that keep their weights in float32 and compute in the type of their input, and the layout they like.</summary>
internal static class MixedPrecision
{
    /// <summary>The convolution in the input's type; gradients reach the float32 weight through the cast.</summary>
    public static Tensor In(this Conv2d convolution, Tensor input)
    {
        using var weight = convolution.weight!.to(input.dtype);
        return functional.conv2d(input, weight, convolution.bias, strides: [.. convolution.stride!], padding: [.. convolution.padding!]);
    }

    /// <summary>
    /// A 1 × 1 convolution without padding as what it is, a matrix product of every pixel's channels. The convolution that the native
    /// library has for it is wrong on some machines; see docs/decisions/0015.
    /// </summary>
    /// <param name="input">[N, C, S, S], channels last.</param>
    /// <param name="weight">[K, C, 1, 1], of the input's type.</param>
    /// <param name="stride">How far apart the pixels are that it looks at.</param>
    /// <param name="bias">[K]; none where null.</param>
    /// <returns>[N, K, S ÷ stride, S ÷ stride] rounded up, channels last.</returns>
    public static Tensor Pointwise(Tensor input, Tensor weight, long stride, Tensor? bias = null)
    {
        using var scope = NewDisposeScope();
        var pixels = input.permute(0, 2, 3, 1);
        if (stride > 1)
        {
            pixels = pixels.slice(1, 0, pixels.shape[1], stride).slice(2, 0, pixels.shape[2], stride);
        }

        return functional.linear(pixels, weight.flatten(1), bias).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>The same values with the strides that convolutions on a processor prefer: a pixel's channels beside each other.</summary>
    public static Tensor ChannelsLast(this Tensor planes) => planes.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
