using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>A convolution's weights as 8-bit integers, each output channel in steps of its own, laid out for oneDNN.</summary>
internal sealed class IntegerWeights : IDisposable
{
    private const int Largest = 127;

    /// <summary>Rounds float32 weights.</summary>
    /// <param name="weights">[K, C, R, R].</param>
    /// <param name="bias">[K]; it stays float32.</param>
    /// <param name="stride">The convolution's.</param>
    /// <param name="padding">The convolution's.</param>
    /// <param name="input">The scale of the values that will come.</param>
    /// <param name="count">How many images are expected at once.</param>
    /// <param name="side">Their side where this convolution gets them.</param>
    public IntegerWeights(Tensor weights, Tensor bias, long stride, long padding, IntegerScale input, long count, long side)
    {
        using var scope = NewDisposeScope();
        (Stride, Padding) = (stride, padding);
        Steps = weights.abs().amax([1, 2, 3]).DividedBy(Largest).NoLessThan(1e-12).DetachFromDisposeScope();
        Zeros = zeros(Steps.shape[0], ScalarType.Int32).DetachFromDisposeScope();
        Bias = bias.to(ScalarType.Float32).clone().DetachFromDisposeScope();
        var integers = (weights / Steps.view(-1, 1, 1, 1)).round_().to(ScalarType.Int8);
        Packed = OneDnn.PackWeights(integers, Steps, input, stride, padding, count, side).DetachFromDisposeScope();
    }

    /// <summary>As oneDNN wants them.</summary>
    public Tensor Packed { get; }

    /// <summary>[K]: what one is worth.</summary>
    public Tensor Steps { get; }

    /// <summary>[K] of 0: the scale is symmetric.</summary>
    public Tensor Zeros { get; }

    /// <summary>[K], float32.</summary>
    public Tensor Bias { get; }

    /// <summary>The convolution's.</summary>
    public long Stride { get; }

    /// <summary>The convolution's.</summary>
    public long Padding { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        Packed.Dispose();
        Steps.Dispose();
        Zeros.Dispose();
        Bias.Dispose();
    }
}
