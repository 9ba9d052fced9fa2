using FsCheck;
using FsCheck.Xunit;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests.Native;

public sealed class IntegerScaleTests
{
    [Property]
    public void A_value_of_the_range_comes_back_to_half_a_step_and_one_beyond_it_as_an_end(PositiveInt below, PositiveInt above, int thousandths)
    {
        var (low, high) = (-below.Get / 10.0, above.Get / 10.0);
        var value = thousandths / 1000.0;
        var scale = IntegerScale.Of(low, high);

        var tolerance = value < low || value > high ? scale.Step : scale.Step / 2;
        Assert.InRange((Written(scale, value) - scale.Zero) * scale.Step, Math.Clamp(value, low, high) - tolerance - 1e-4, Math.Clamp(value, low, high) + tolerance + 1e-4);
    }

    [Property]
    public void Nothing_is_exactly_nothing(int one, int other)
    {
        var scale = IntegerScale.Of(Math.Min(one, other) / 10.0, Math.Max(one, other) / 10.0);

        Assert.InRange(scale.Zero, 0, 255);
        Assert.Equal(scale.Zero, Written(scale, 0));
    }

    private static long Written(IntegerScale scale, double value)
    {
        using var scope = NewDisposeScope();
        return scale.Write(tensor((float)value)).to(ScalarType.Int64).ToInt64();
    }
}
