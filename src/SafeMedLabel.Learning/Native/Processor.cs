using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>What this machine's processor does in hardware, and says of itself (Intel's Software Developer's Manual, instruction CPUID).</summary>
internal static class Processor
{
    /// <summary>The leaves of CPUID that tell what the processor is, what it can do and which caches it has, and how many subleaves of each are read.</summary>
    private static readonly (int Leaf, int Subleaves)[] Leaves =
    [
        (0, 1), (1, 1), (7, 2), (4, 4),
        (unchecked((int)0x80000002), 1), (unchecked((int)0x80000003), 1), (unchecked((int)0x80000004), 1), (unchecked((int)0x8000001D), 4),
    ];

    /// <summary>
    /// True where it multiplies and adds in a type itself. bfloat16: AVX512-BF16 or AMX-BF16; elsewhere it is computed by way of float32, and slower
    /// than it. int8: AVX512-VNNI or AVX-VNNI; elsewhere such sums are made of 16 bits, where they can overflow.
    /// </summary>
    public static bool Has(ScalarType type) => type switch
    {
        ScalarType.BFloat16 => HasLeaf7 && ((Leaf7(1).Eax & (1 << 5)) != 0 || (Leaf7(0).Edx & (1 << 22)) != 0),
        ScalarType.Int8 => HasLeaf7 && ((Leaf7(0).Ecx & (1 << 11)) != 0 || (Leaf7(1).Eax & (1 << 4)) != 0),
        _ => true,
    };

    /// <summary>What the processor is and what the machine shows of it, as text. Two processors with the same text compute alike.</summary>
    public static string Identity()
    {
        if (!X86Base.IsSupported)
        {
            return $"{System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture}";
        }

        var told =
            from leaf in Leaves
            from subleaf in Enumerable.Range(0, leaf.Subleaves)
            let registers = X86Base.CpuId(leaf.Leaf, subleaf)
            // The second register of leaf 1 tells on which core this runs.
            select $"{registers.Eax:x8}{(leaf.Leaf == 1 ? 0 : registers.Ebx):x8}{registers.Ecx:x8}{registers.Edx:x8}";
        return string.Concat(told);
    }

    private static bool HasLeaf7 => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7;

    private static (int Eax, int Ebx, int Ecx, int Edx) Leaf7(int subleaf) => X86Base.CpuId(7, subleaf);
}
