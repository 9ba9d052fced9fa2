using SafeMedLabel.Learning.Native;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Tests;

/// <summary>What a test needs of the machine, without which it is skipped.</summary>
internal static class Requires
{
    /// <summary>bfloat16, where a test is about that type: elsewhere the program refuses it (<see cref="Arithmetic.Require"/>).</summary>
    public static void ArithmeticFor(ScalarType type) => Assert.SkipWhen(
        !Arithmetic.Has(type), "This machine does not compute in bfloat16: its processor lacks it, or was seen to be wrong in it.");
}
