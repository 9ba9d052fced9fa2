using System.Runtime.Intrinsics.X86;

namespace SafeMedLabel.Learning.Native;

/// <summary>What this machine's processor does in hardware.</summary>
public static class Processor
{
    /// <summary>
    /// True where it multiplies bfloat16 itself (AVX512-BF16, or AMX-BF16; Intel's Software Developer's Manual, instruction CPUID,
    /// leaf 7). Elsewhere bfloat16 is computed by way of float32, and is slower than it.
    /// </summary>
    public static bool HasBFloat16 { get; } = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && ((X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0 || (X86Base.CpuId(7, 0).Edx & (1 << 22)) != 0);
}
