using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>The types in which this machine computes: its processor has them, and they were seen to be right (<see cref="ArithmeticProof"/>).</summary>
public static class Arithmetic
{
    /// <summary>All types that the program can compute in, by the names that people write, in the order in which they are checked.</summary>
    public static IReadOnlyDictionary<string, ScalarType> Types { get; } = new OrderedDictionary<string, ScalarType>
    {
        ["float32"] = ScalarType.Float32,
        ["bfloat16"] = ScalarType.BFloat16,
        ["int8"] = ScalarType.Int8,
    };

    /// <summary>Whether it computes in a type, on its processor.</summary>
    /// <param name="type">float32, bfloat16 or int8.</param>
    public static bool Has(ScalarType type) => Refusal(type) is null;

    /// <summary>Refuses a type in which this machine would be slower than in float32 by far, or wrong.</summary>
    /// <exception cref="ArgumentException">One sentence that says what to do instead.</exception>
    public static void Require(ScalarType type)
    {
        if (Refusal(type) is { } refusal)
        {
            throw new ArgumentException(refusal);
        }
    }

    /// <summary>A type's name, as people write it.</summary>
    internal static string NameOf(ScalarType type) => Types.First(known => known.Value == type).Key;

    private static string? Refusal(ScalarType type)
    {
        if (type == ScalarType.Float32)
        {
            return null;
        }

        var name = NameOf(type);
        return !Processor.Has(type)
            ? $"This machine's processor has no arithmetic for {name}: use float32, which is faster here."
            : LibTorch.Proof.FaultOf(type) is { } fault ? $"This machine computes wrongly in {name} ({fault}): use float32." : null;
    }
}
