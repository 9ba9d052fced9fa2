using System.Globalization;
using System.Runtime.InteropServices;

namespace SafeMedLabel.Learning.Native;

/// <summary>Has the C library give large blocks of memory back to the system as soon as they are free.</summary>
/// <remarks>
/// glibc raises the size above which a block is mapped by itself up to 32 MiB as it goes (mallopt(3), M_MMAP_THRESHOLD). The activations of a
/// training, 8 MiB and more, then lie in the heap among small blocks that live longer, and the holes that they leave stay with the process:
/// gigabytes. A fixed limit of 8 MiB costs a step 1 % of its time; 4 MiB, which would spare no more than the next smaller activations, 13 %.
/// </remarks>
internal static class LargeBlocks
{
    private const int MapThreshold = -3;
    private const int Limit = 8 << 20;
    private const string Setting = "MALLOC_MMAP_THRESHOLD_";

    private delegate int SetOption(int option, int value);

    /// <summary>Does nothing where whoever started the program set a limit, or where the C library is not glibc.</summary>
    public static void GiveBack()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable(Setting), CultureInfo.InvariantCulture, out _)
            && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "mallopt", out var function))
        {
            Marshal.GetDelegateForFunctionPointer<SetOption>(function)(MapThreshold, Limit);
        }
    }
}
