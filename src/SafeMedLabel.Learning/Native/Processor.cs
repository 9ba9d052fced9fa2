using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Native;

/// <summary>What this machine's processor does in hardware, and says of itself (Intel's Software Developer's Manual, instruction CPUID).</summary>
internal static class Processor
{
    /// <summary>Leaves that tell what it is, what it can do and which caches it has; of the latter two kinds, each with its parts.</summary>
    private static readonly (int Leaf, int Parts)[] Leaves =
        [(0, 1), (1, 1), (7, 2), (4, 4), (unchecked((int)0x80000002), 1), (unchecked((int)0x80000003), 1), (unchecked((int)0x80000004), 1), (unchecked((int)0x8000001D), 4)];

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

    /// <summary>Two processors of one identity compute alike: what they are, and what the machine shows of them.</summary>
    public static string Identity()
    {
        if (!X86Base.IsSupported)
        {
            return $"{System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture}";
        }

        var told =
            from leaf in Leaves
            from part in Enumerable.Range(0, leaf.Parts)
            let registers = X86Base.CpuId(leaf.Leaf, part)
            // The second register of leaf 1 tells on which core this runs.
            select $"{registers.Eax:x8}{(leaf.Leaf == 1 ? 0 : registers.Ebx):x8}{registers.Ecx:x8}{registers.Edx:x8}";
        return string.Concat(told);
    }

    private static bool HasLeaf7 => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7;

    private static (int Eax, int Ebx, int Ecx, int Edx) Leaf7(int subleaf) => X86Base.CpuId(7, subleaf);
}
