using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>How real values are written as integers of 0 to 255: value = (integer − <see cref="Zero"/>) · <see cref="Step"/>.</summary>
/// <param name="Step">What one is worth, above 0.</param>
/// <param name="Zero">The integer that stands for 0.</param>
internal readonly record struct IntegerScale(double Step, long Zero)
{
    private const int Steps = 255;

    /// <summary>The finest scale that holds 0 and all of <paramref name="values"/>.</summary>
    public static IntegerScale Of(Tensor values) => Of(values.min().ReadDouble(), values.max().ReadDouble());

    /// <summary>The finest scale from <paramref name="low"/> to <paramref name="high"/> that holds 0.</summary>
    public static IntegerScale Of(double low, double high)
    {
        (low, high) = (Math.Min(0, low), Math.Max(0, high));
        var step = Math.Max((high - low) / Steps, 1e-12);
        return new IntegerScale(step, (long)Math.Round(-low / step));
    }

    /// <summary>The nearest integers, uint8; values beyond the scale become its ends.</summary>
    public Tensor Write(Tensor values) => values.DividedBy(Step).Plus(Zero).round_().ClampInPlace(0, Steps).to(ScalarType.Byte);
}
