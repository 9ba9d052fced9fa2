using System.Collections;
using System.Runtime.InteropServices;

namespace SafeMedLabel.Learning.Native;

/// <summary>Has the C library keep memory that is freed, for the next step of a training asks for the same again.</summary>
/// <remarks>
/// By its own rule glibc maps a block over 32 MiB anew each time and gives it back at once (mallopt(3), M_MMAP_THRESHOLD), and gives back the heap's end. The
/// system then clears each page of it when it is first written to, which on a virtual machine takes longer than the convolution that writes there: 90 ms instead of
/// 7 for the first layer's. A step frees everything that it made, so that what is kept does not grow from step to step: it is one to three times what a step needs
/// at its fullest, since free blocks that small ones part are not joined.
/// </remarks>
internal static class KeptMemory
{
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int LargestBlock = 1 << 30;

    /// <summary>The most that older versions of the library take.</summary>
    private const int LargestBlockOfOld = 32 << 20;

    private static readonly IntPtr Library = NativeLibrary.TryLoad("libc.so.6", out var library) ? library : IntPtr.Zero;

    private delegate int SetOption(int option, int value);

    private delegate int Trim(nuint kept);

    /// <summary>Does nothing where whoever started the program set one of the library's limits, or where the C library is not glibc.</summary>
    public static void Begin()
    {
        var isChosen = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Any(v => v.Key is string name && name.StartsWith("MALLOC_", StringComparison.Ordinal));
        if (!isChosen && Function<SetOption>("mallopt") is { } set)
        {
            _ = set(MapThreshold, LargestBlock) != 0 || set(MapThreshold, LargestBlockOfOld) != 0;
            set(TrimThreshold, int.MaxValue);
        }
    }

    /// <summary>Gives back what is free: after a training, whose next one may be hours away.</summary>
    public static void GiveBack() => Function<Trim>("malloc_trim")?.Invoke(0);

    private static T? Function<T>(string name)
        where T : Delegate =>
        Library != IntPtr.Zero && NativeLibrary.TryGetExport(Library, name, out var function) ? Marshal.GetDelegateForFunctionPointer<T>(function) : null;
}
