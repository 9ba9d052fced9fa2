using SafeMedLabel.Learning.Networks;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// Every convolution that the program has the native library compute, compared with plain arithmetic. What a processor, or a virtual machine that
/// shows but half of it, makes a library compute nobody foresees, and every number of a model rests on it.
/// </summary>
/// <remarks>
/// Values are −1, 0 and 1, few of them other than 0, so that every sum is a whole number that bfloat16 and 8 bits hold too: what is right is right to
/// the last bit. Results are compared by a random sum of their channels (<see cref="PlainConvolution"/>). An offset of 128 keeps all of them above 0,
/// where a rectifier leaves them as they are.
/// </remarks>
internal static class ConvolutionCheck
{
    private const int Offset = 128;
    private static readonly IntegerScale Ones = new(1, 0), Signed = new(1, 1);

    /// <summary>A training's batch, a pool's, and two with odd sides: the last batches of an epoch.</summary>
    private static readonly (int Images, int Side)[] Batches = [(32, 128), (16, 64), (2, 224), (3, 33)];

    /// <summary>Those of ResNet-18 that differ.</summary>
    private static readonly Layer[] Layers =
    [
        new(3, 64, 1, Kernel: 7, Stride: 2), new(64, 64, 4),
        new(64, 128, 4, Stride: 2), new(64, 128, 4, Kernel: 1, Stride: 2), new(128, 128, 8),
        new(128, 256, 8, Stride: 2), new(128, 256, 8, Kernel: 1, Stride: 2), new(256, 256, 16),
        new(256, 512, 16, Stride: 2), new(256, 512, 16, Kernel: 1, Stride: 2), new(512, 512, 32),
    ];

    /// <summary>Computes them in a type: those of a training forwards and backwards, and those of inference.</summary>
    /// <param name="type">float32, bfloat16, or int8, in which nothing is trained.</param>
    /// <param name="after">What is done with each result, from the weights and it: for tests, to make one wrong.</param>
    /// <returns>Null where all are right; else a sentence about the first that is not.</returns>
    public static string? Fault(ScalarType type, Func<Tensor, Tensor, Tensor>? after = null)
    {
        after ??= (_, result) => result;
        foreach (var (images, side) in Batches)
        {
            foreach (var layer in Layers)
            {
                var shape = new ConvolutionShape(images, (side + layer.Divisor - 1) / layer.Divisor, layer.In, layer.Out, layer.Kernel, layer.Stride);
                var plain = new PlainConvolution(shape);
                var wrong = type == ScalarType.Int8 ? OfIntegers(plain, after) : (Training(plain, type, after) ?? Inference(plain, type, after));
                if (wrong is not null)
                {
                    return FormattableString.Invariant(
                        $"a {shape.Kernel} × {shape.Kernel} convolution from {shape.In} to {shape.Out} channels, of {images} × {shape.Side} × {shape.Side} pixels in {type}, {wrong}");
                }
            }
        }

        return null;
    }

    private static string? Training(PlainConvolution plain, ScalarType type, Func<Tensor, Tensor, Tensor> after)
    {
        using var scope = NewDisposeScope();
        var shape = plain.Shape;
        // The images themselves need no gradient.
        var values = Values(plain, type).requires_grad_(shape.In > 3);
        var weights = Weights(plain).requires_grad_();
        var typed = weights.to(type);
        var result = after(weights, shape.Kernel == 1
            ? MixedPrecision.Pointwise(Planes(values), typed, shape.Stride)
            : nn.functional.conv2d(Planes(values), typed, strides: [shape.Stride, shape.Stride], padding: [shape.Padding, shape.Padding]));
        if (!plain.IsResult(Numbers(result), 0))
        {
            return "forwards";
        }

        result.backward([Planes(tensor(plain.Gradient).reshape(shape.Images, shape.OutSide, shape.OutSide, shape.Out).to(type))]);
        var gradient = weights.grad!.permute(0, 2, 3, 1).contiguous().data<float>().ToArray();
        return plain.IsWeightGradient(gradient) && (values.grad is not { } back || plain.IsValueGradient(Numbers(Planes(back)))) ? null : "backwards";
    }

    private static string? Inference(PlainConvolution plain, ScalarType type, Func<Tensor, Tensor, Tensor> after)
    {
        if (!OneDnn.IsFor(CPU))
        {
            return null;
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var shape = plain.Shape;
        var (values, weights) = (Planes(Values(plain, type)), Weights(plain).to(type));
        if (shape.Kernel == 1)
        {
            return plain.IsResult(Numbers(after(weights, MixedPrecision.Pointwise(values, weights, shape.Stride, Constant(type, shape.Out)))), Offset) ? null : "with an offset";
        }

        var packed = OneDnn.PackWeights(weights, shape.Stride, shape.Padding, shape.Images, shape.Side);
        if (!plain.IsResult(Numbers(after(weights, OneDnn.Convolve(values, packed, Constant(type, shape.Out), shape.Stride, shape.Padding))), Offset))
        {
            return "with its weights laid out";
        }

        var other = Planes(Constant(type, shape.Images, shape.OutSide, shape.OutSide, shape.Out));
        var sum = OneDnn.ConvolveOnto(other, values, packed, zeros(shape.Out, type), shape.Stride, shape.Padding);
        return plain.IsResult(Numbers(after(weights, sum)), Offset) ? null : "added to other values";
    }

    private static string? OfIntegers(PlainConvolution plain, Func<Tensor, Tensor, Tensor> after)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var shape = plain.Shape;
        var (values, weights) = (Signed.Write(Planes(Values(plain, ScalarType.Float32))), Weights(plain));
        using var offset = new IntegerWeights(weights, Constant(ScalarType.Float32, shape.Out), shape.Stride, shape.Padding, Signed, shape.Images, shape.Side);
        if (!plain.IsResult(Numbers(after(weights, OneDnn.Convolve(values, Signed, offset, Ones, rectify: shape.Kernel > 1))), Offset))
        {
            return "with an offset";
        }

        using var packed = new IntegerWeights(weights, zeros(shape.Out), shape.Stride, shape.Padding, Signed, shape.Images, shape.Side);
        var other = Planes(Constant(ScalarType.Byte, shape.Images, shape.OutSide, shape.OutSide, shape.Out));
        return plain.IsResult(Numbers(after(weights, OneDnn.ConvolveOnto(other, Ones, values, Signed, packed, Ones))), Offset) ? null : "added to other values";
    }

    private static Tensor Values(PlainConvolution plain, ScalarType type) =>
        tensor(plain.Values).reshape(plain.Shape.Images, plain.Shape.Side, plain.Shape.Side, plain.Shape.In).to(type);

    private static Tensor Weights(PlainConvolution plain) =>
        tensor(plain.Weights).reshape(plain.Shape.Out, plain.Shape.Kernel, plain.Shape.Kernel, plain.Shape.In).permute(0, 3, 1, 2).contiguous();

    private static Tensor Constant(ScalarType type, params long[] shape) => ones(shape, type).Times(Offset).to(type);

    /// <summary>[N, S, S, C] as [N, C, S, S], channels last.</summary>
    private static Tensor Planes(Tensor pixels) => pixels.permute(0, 3, 1, 2);

    private static float[] Numbers(Tensor planes) => planes.permute(0, 2, 3, 1).contiguous().to(ScalarType.Float32).data<float>().ToArray();

    /// <param name="In">C.</param>
    /// <param name="Out">K.</param>
    /// <param name="Divisor">By which the images' side is divided where it stands.</param>
    /// <param name="Kernel">R.</param>
    /// <param name="Stride">In both directions.</param>
    private sealed record Layer(int In, int Out, int Divisor, int Kernel = 3, int Stride = 1);
}
