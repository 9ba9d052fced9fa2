using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// The network's convolutions of whole numbers, by the native library and by plain arithmetic. What a processor, or a virtual machine that shows but
/// half of it, makes a library compute nobody foresees, and every number of a model rests on it.
/// </summary>
/// <remarks>
/// On a virtual machine that hides the caches of its AMD processor, one convolution of ResNet-18's twenty is wrong, and only forwards, of tensors whose
/// channels lie beside each other, and with AVX-512: the shortcut from 256 to 512 channels.
/// </remarks>
internal static class ConvolutionCheck
{
    private const int Images = 2;

    /// <summary>Those of ResNet-18 that differ, for an image of 32 × 32 pixels.</summary>
    private static readonly Layer[] Layers =
    [
        new(3, 64, 32, Kernel: 7, Stride: 2), new(64, 64, 8, Kernel: 3),
        new(64, 128, 8, Kernel: 3, Stride: 2), new(64, 128, 8, Kernel: 1, Stride: 2), new(128, 128, 4, Kernel: 3),
        new(128, 256, 4, Kernel: 3, Stride: 2), new(128, 256, 4, Kernel: 1, Stride: 2), new(256, 256, 2, Kernel: 3),
        new(256, 512, 2, Kernel: 3, Stride: 2), new(256, 512, 2, Kernel: 1, Stride: 2), new(512, 512, 1, Kernel: 3),
    ];

    /// <summary>Computes them forwards and backwards.</summary>
    /// <param name="convolve">The convolution of values by weights with a stride and padding; the library's where null.</param>
    /// <exception cref="NotSupportedException">One came out otherwise; one sentence.</exception>
    public static void Require(Func<Tensor, Tensor, long, long, Tensor>? convolve = null)
    {
        convolve ??= (values, weights, stride, padding) => nn.functional.conv2d(values, weights, strides: [stride, stride], padding: [padding, padding]);
        foreach (var layer in Layers)
        {
            using var scope = NewDisposeScope();
            float[] values = Numbers(Images * layer.Side * layer.Side * layer.In, seed: 1), weights = Numbers(layer.Out * layer.In * layer.Kernel * layer.Kernel, seed: 2);
            var x = tensor(values).reshape(Images, layer.Side, layer.Side, layer.In).requires_grad_();
            var w = tensor(weights).reshape(layer.Out, layer.In, layer.Kernel, layer.Kernel).requires_grad_();
            var y = convolve(x.permute(0, 3, 1, 2), w, layer.Stride, layer.Padding).permute(0, 2, 3, 1);
            var expected = layer.Convolve(values, weights);
            RequireSame(layer, y.contiguous().data<float>().ToArray(), expected);

            // Backwards it is the same sum of products: <g, x * w> = <x's gradient, x> = <w's gradient, w>.
            var g = Numbers(expected.Length, seed: 3);
            y.backward([tensor(g).reshape(y.shape)]);
            var product = (float)Product(g, expected);
            RequireSame(layer, [Product(x.grad!, values), Product(w.grad!, weights)], [product, product]);
        }
    }

    private static void RequireSame(Layer layer, float[] computed, float[] expected)
    {
        // Sums of so few and small whole numbers are exact in float32.
        if (computed.AsSpan().CommonPrefixLength(expected) is var at && at < expected.Length)
        {
            throw new NotSupportedException(FormattableString.Invariant(
                $"It computes wrongly on this machine's processor: a {layer.Kernel} × {layer.Kernel} convolution gave {computed[at]} where {expected[at]} is right."));
        }
    }

    private static float Product(Tensor left, float[] right) => (float)Product(left.contiguous().data<float>().ToArray(), right);

    private static double Product(float[] left, float[] right) => left.Zip(right, (a, b) => (double)a * b).Sum();

    /// <summary>Whole numbers from −2 to 2 without a pattern.</summary>
    private static float[] Numbers(int count, uint seed)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
        {
            // Numerical Recipes' linear congruential generator: the high bits are good enough.
            seed = (seed * 1664525) + 1013904223;
            numbers[i] = ((seed >> 24) % 5) - 2f;
        }

        return numbers;
    }

    /// <summary>A convolution whose padding keeps the side, or halves it.</summary>
    private sealed record Layer(int In, int Out, int Side, int Kernel, int Stride = 1)
    {
        public int Padding => Kernel / 2;

        /// <summary>Its definition. Values [N, S, S, In], weights [Out, In, R, R] → [N, S', S', Out].</summary>
        public float[] Convolve(float[] values, float[] weights)
        {
            var side = ((Side - 1) / Stride) + 1;
            var result = new float[Images * side * side * Out];
            for (var place = 0; place < result.Length; place++)
            {
                var (to, column, row, image) = (place % Out, place / Out % side, place / Out / side % side, place / Out / side / side);
                for (var (tap, taps) = (0, Kernel * Kernel); tap < taps; tap++)
                {
                    var (x, y) = ((column * Stride) + (tap % Kernel) - Padding, (row * Stride) + (tap / Kernel) - Padding);
                    if (x < 0 || x >= Side || y < 0 || y >= Side)
                    {
                        continue;
                    }

                    var value = ((((image * Side) + y) * Side) + x) * In;
                    var weight = (to * In * taps) + tap;
                    for (var from = 0; from < In; from++)
                    {
                        result[place] += values[value + from] * weights[weight + (from * taps)];
                    }
                }
            }

            return result;
        }
    }
}
