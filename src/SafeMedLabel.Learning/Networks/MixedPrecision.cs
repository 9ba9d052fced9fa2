using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SafeMedLabel.Learning.Networks;

/// <summary>Layers that keep their weights in float32 and compute in the type of their input, and the layout they like.</summary>
internal static class MixedPrecision
{
    /// <summary>The convolution in the input's type; gradients reach the float32 weight through the cast.</summary>
    public static Tensor In(this Conv2d convolution, Tensor input) => functional.conv2d(
        input, convolution.weight!.to(input.dtype), convolution.bias, strides: [.. convolution.stride!], padding: [.. convolution.padding!]);

    /// <summary>The same values with the strides that convolutions on a processor prefer: a pixel's channels beside each other.</summary>
    public static Tensor ChannelsLast(this Tensor planes) => planes.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
