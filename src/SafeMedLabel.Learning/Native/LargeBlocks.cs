using System.Globalization;
using System.Runtime.InteropServices;

namespace SafeMedLabel.Learning.Native;

/// <summary>Has the C library give large blocks of memory back to the system as soon as they are free.</summary>
/// <remarks>
/// glibc raises the size above which a block is mapped by itself up to 32 MiB as it goes (mallopt(3), M_MMAP_THRESHOLD). The activations of a
/// training, 8 MiB and more, then lie in the heap among small blocks that live longer, and the holes that they leave stay with the process:
/// gigabytes. The limit here lies just above the largest weights, 512 × 512 × 3 × 3 of 9 MiB: with each step those come and go several times, and on a
/// virtual machine where a new page is dear a limit of 8 MiB doubled a training's time. A limit that is set also keeps glibc from raising the size
/// above which it gives back the heap's end, which begins at 128 KiB (M_TRIM_THRESHOLD).
/// </remarks>
internal static class LargeBlocks
{
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int LargestKept = 10 << 20;
    private const int KeptAtTheEnd = 128 << 20;
    private const string Setting = "MALLOC_MMAP_THRESHOLD_";

    private delegate int SetOption(int option, int value);

    /// <summary>Does nothing where whoever started the program set a limit, or where the C library is not glibc.</summary>
    public static void GiveBack()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable(Setting), CultureInfo.InvariantCulture, out _)
            && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "mallopt", out var function))
        {
            var set = Marshal.GetDelegateForFunctionPointer<SetOption>(function);
            set(MapThreshold, LargestKept);
            set(TrimThreshold, KeptAtTheEnd);
        }
    }
}
