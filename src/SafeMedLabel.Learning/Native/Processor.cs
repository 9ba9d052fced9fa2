using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>What this machine's processor does in hardware, and says of itself (Intel's Software Developer's Manual, instruction CPUID, leaf 7).</summary>
public static class Processor
{
    /// <summary>
    /// False where an AMD processor keeps the sizes of its caches to itself, as some virtual machines make it: leaf 0x8000001D (AMD64 Architecture
    /// Programmer's Manual, volume 3, appendix E) then names none. oneDNN takes each for a byte. Its convolutions for AVX-512 then compute something
    /// else (a network's features were off by 6 %), and its sum of tensors in its own layouts divides by zero; those for AVX2 were right.
    /// </summary>
    public static bool TellsCaches { get; } = !IsAmd || (X86Base.CpuId(unchecked((int)0x8000001D), 0).Eax & 0x1F) != 0;

    /// <summary>
    /// True where it multiplies bfloat16 itself: AVX512-BF16 or AMX-BF16, and libtorch may use it. Elsewhere bfloat16 is computed by way of float32, and is slower
    /// than it.
    /// </summary>
    public static bool HasBFloat16 { get; } = TellsCaches && HasLeaf7 && ((Leaf7(1).Eax & (1 << 5)) != 0 || (Leaf7(0).Edx & (1 << 22)) != 0);

    /// <summary>
    /// True where it multiplies and adds four 8-bit integers at once: AVX512-VNNI or AVX-VNNI, and libtorch may use it. Elsewhere such sums are made of 16 bits,
    /// where they can overflow.
    /// </summary>
    public static bool HasInt8 { get; } = TellsCaches && HasLeaf7 && ((Leaf7(0).Ecx & (1 << 11)) != 0 || (Leaf7(1).Eax & (1 << 4)) != 0);

    /// <summary>Refuses a type in which this processor would be slower than in float32 by far, or, in integers, wrong.</summary>
    /// <exception cref="ArgumentException">One sentence that says what to do instead.</exception>
    public static void Require(ScalarType type)
    {
        if ((type == ScalarType.BFloat16 && !HasBFloat16) || (type == ScalarType.Int8 && !HasInt8))
        {
            throw new ArgumentException($"This machine's processor has no arithmetic for {(type == ScalarType.Int8 ? "int8" : "bfloat16")}: use float32, which is faster here.");
        }
    }

    /// <summary>The vendor is the text "AuthenticAMD", of which the third register has the end.</summary>
    private static bool IsAmd => X86Base.IsSupported && X86Base.CpuId(0, 0).Ecx == BitConverter.ToInt32("cAMD"u8);

    private static bool HasLeaf7 => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7;

    private static (int Eax, int Ebx, int Ecx, int Edx) Leaf7(int subleaf) => X86Base.CpuId(7, subleaf);
}
