using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using TorchSharp;

namespace SafeMedLabel.Learning.Native;

/// <summary>Loads the native library, whatever C++ runtime the machine has. Everything that touches a tensor asks here first.</summary>
/// <remarks>
/// TorchSharp's library asks for the symbol version GLIBCXX_3.4.32, which Debian 12's C++ runtime lacks, for the sake of one
/// symbol that nothing in the file relocates against. Where loading fails, the copy beside this program has that need
/// marked weak. The package cache is never written: the patched copy replaces the file by renaming.
/// </remarks>
public static class LibTorch
{
    private const string LibraryName = "libLibTorchSharp.so";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    private static readonly Lock Gate = new();
    private static bool _loaded;

    /// <summary>Loads the library once and sets how many threads compute: all cores but one by default, since a server shares the machine.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message says why.</exception>
    public static void EnsureLoaded(int threads = 0)
    {
        lock (Gate)
        {
            if (!_loaded)
            {
                if (OperatingSystem.IsLinux())
                {
                    Relax(AppContext.BaseDirectory);
                }

                _loaded = true;
                torch.set_num_threads(threads > 0 ? threads : Math.Max(1, Environment.ProcessorCount - 1));
            }
            else if (threads > 0)
            {
                torch.set_num_threads(threads);
            }
        }
    }

    /// <summary>Makes the library in <paramref name="folder"/> loadable where it is not; returns true when it had to be changed.</summary>
    [SupportedOSPlatform("linux")]
    internal static bool Relax(string folder)
    {
        var path = Path.Combine(folder, LibraryName);
        if (!File.Exists(path) || RuntimeHas(MissingVersion))
        {
            return false;
        }

        var bytes = File.ReadAllBytes(path);
        if (!ElfVersionNeeds.MakeWeak(bytes, MissingVersion))
        {
            return false;
        }

        var patched = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            File.WriteAllBytes(patched, bytes);
            File.SetUnixFileMode(patched, File.GetUnixFileMode(path));
            File.Move(patched, path, overwrite: true);
        }
        catch (Exception denied) when (denied is UnauthorizedAccessException or IOException)
        {
            throw new DllNotFoundException(
                $"This machine's C++ runtime lacks {MissingVersion}, and '{path}' cannot be adapted to it because its folder is not writable: start the program once as a user who may write there.", denied);
        }

        return true;
    }

    /// <summary>Asks the C++ runtime that the loader would choose; its version names stand in its file as text.</summary>
    private static bool RuntimeHas(string version)
    {
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out _))
        {
            return true;
        }

        var runtime = File.ReadLines("/proc/self/maps").FirstOrDefault(line => line.Contains("libstdc++.so", StringComparison.Ordinal));
        var path = runtime?[runtime.IndexOf('/', StringComparison.Ordinal)..];
        return path is null || File.ReadAllBytes(path).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(version + '\0')) >= 0;
    }
}
