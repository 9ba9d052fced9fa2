using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using TorchSharp;

namespace SafeMedLabel.Learning.Native;

/// <summary>Loads the native library, whatever C++ runtime the machine has. Everything that touches a tensor asks here first.</summary>
/// <remarks>
/// TorchSharp's library asks for the symbol version GLIBCXX_3.4.32, which Debian 12's C++ runtime lacks, for the sake of one
/// symbol that nothing in the file relocates against. Where the runtime lacks it, the copy beside this program has that need
/// marked weak. The package cache is never written: the patched copy replaces the file by renaming. Where the program's folder
/// is read-only, the patched copy lies among the user's own files.
/// </remarks>
public static class LibTorch
{
    private const string LibraryName = "libLibTorchSharp.so";
    private const string MissingVersion = "GLIBCXX_3.4.32";

    private const string Unusable = "The native library libtorch cannot be used: ";

    private static readonly Lock Gate = new();
    private static bool _loaded;
    private static ArithmeticProof? _proof;

    /// <summary>Raised when the check of the machine's arithmetic begins. It runs once for each machine and version, and takes about 15 seconds.</summary>
    public static event Action? CheckBegins;

    /// <summary>In which types this machine computes rightly; loads the library where it is not loaded.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded, or computes wrongly; the message says why.</exception>
    internal static ArithmeticProof Proof
    {
        get
        {
            EnsureLoaded();
            return _proof!;
        }
    }

    /// <summary>
    /// Loads the library once and sets how many threads compute: all cores but one by default, since a server shares the machine.
    /// A later call with a number of threads sets it anew.
    /// </summary>
    /// <param name="threads">Threads that compute; 0 for the default.</param>
    /// <exception cref="DllNotFoundException">It cannot be loaded, or computes wrongly; the message says why.</exception>
    public static void EnsureLoaded(int threads = 0)
    {
        lock (Gate)
        {
            if (_loaded && threads <= 0)
            {
                return;
            }

            SayWhyNot(() =>
            {
                if (!_loaded)
                {
                    _proof = ArithmeticProof.Find(CacheFolder(), () => CheckBegins?.Invoke());
                    KeepTo(_proof.InstructionSet);
                    Load();
                }

                torch.set_num_threads(threads > 0 ? threads : Math.Max(1, Environment.ProcessorCount - 1));
            });
        }
    }

    /// <summary>Loads the library for <see cref="ArithmeticProbe"/>, which finds out what others read.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message says why.</exception>
    internal static void LoadForProof()
    {
        lock (Gate)
        {
            SayWhyNot(() =>
            {
                Load();
                torch.set_num_threads(Environment.ProcessorCount);
            });
        }
    }

    private static void SayWhyNot(Action load)
    {
        try
        {
            load();
        }
        catch (Exception failure) when (failure is TypeInitializationException or NotSupportedException or BadImageFormatException
            or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // TorchSharp's message goes on with a trace of many lines; the exception keeps it.
            var reason = (failure.InnerException ?? failure).Message.ReplaceLineEndings("\n").Split('\n')[0];
            throw new DllNotFoundException(reason.StartsWith(Unusable, StringComparison.Ordinal) ? reason : Unusable + reason, failure);
        }
    }

    private static void Load()
    {
        if (OperatingSystem.IsLinux())
        {
            KeptMemory.Begin();
            Prepare();
        }

        torch.InitializeDeviceType(DeviceType.CPU);
        _loaded = true;
    }

    /// <summary>
    /// Keeps oneDNN to some of the processor's instructions. It reads once which, from the environment of the process itself; outside Windows .NET changes
    /// only a copy of that.
    /// </summary>
    private static void KeepTo(string? instructionSet)
    {
        if (instructionSet is null)
        {
            return;
        }

        Environment.SetEnvironmentVariable(ArithmeticProof.Setting, instructionSet);
        if (!OperatingSystem.IsWindows() && SetProcessVariable(ArithmeticProof.Setting, instructionSet, overwrite: 0) != 0)
        {
            throw new NotSupportedException(
                $"It would compute wrongly on this machine, and the variable {ArithmeticProof.Setting} that keeps it from that could not be set.");
        }
    }

    /// <summary>Gives memory that tensors have left back to the system. The library keeps it otherwise, since a training soon asks for it again.</summary>
    public static void GiveMemoryBack() => KeptMemory.GiveBack();

    /// <summary>Where to compute: "cpu", or "cuda" for a graphics card.</summary>
    /// <exception cref="ArgumentException">It is neither, or this build or machine has no graphics card; one sentence.</exception>
    public static torch.Device DeviceOf(string name)
    {
        EnsureLoaded();
        return name switch
        {
            "cpu" => torch.CPU,
            "cuda" when torch.TryInitializeDeviceType(DeviceType.CUDA) && torch.cuda.is_available() => torch.CUDA,
            "cuda" => throw new ArgumentException("There is no graphics card that this program can use: it must be built with -p:LibTorchDevice=cuda, on a machine with NVIDIA's driver."),
            _ => throw new ArgumentException($"There is no device '{name}'; there are cpu and cuda."),
        };
    }

    /// <summary>
    /// Makes the library in <paramref name="folder"/> loadable, where this machine lacks <paramref name="version"/>, by renaming a
    /// patched copy over it; returns true when it had to be changed.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is no ELF library.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    [SupportedOSPlatform("linux")]
    internal static bool Relax(string folder, string version = MissingVersion)
    {
        var path = Path.Combine(folder, LibraryName);
        if (Relaxed(path, version) is not { } patched)
        {
            return false;
        }

        Put(patched, path);
        return true;
    }

    /// <summary>
    /// Loads the library of <paramref name="folder"/> from a patched copy below <paramref name="cache"/>, for a folder that cannot be
    /// written; returns the copy's path, or null where the library may be loaded as it is.
    /// </summary>
    [SupportedOSPlatform("linux")]
    internal static string? LoadCopy(string folder, string cache)
    {
        if (Relaxed(Path.Combine(folder, LibraryName), MissingVersion) is not { } patched)
        {
            return null;
        }

        var copy = Path.Combine(Directory.CreateDirectory(Path.Combine(cache, Convert.ToHexStringLower(SHA256.HashData(patched))[..16])).FullName, LibraryName);
        Put(patched, copy);
        // The copy looks for its companions beside itself; those that are loaded already it takes by their name.
        NativeLibrary.Load(Path.Combine(folder, "libtorch.so"));
        var handle = NativeLibrary.Load(copy);
        AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly)!.ResolvingUnmanagedDll += (Assembly _, string name) => name == "LibTorchSharp" ? handle : 0;
        return copy;
    }

    [SupportedOSPlatform("linux")]
    private static void Prepare()
    {
        string[] places = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")];
        if (places.FirstOrDefault(place => File.Exists(Path.Combine(place, LibraryName))) is not { } folder)
        {
            return;
        }

        try
        {
            Relax(folder);
        }
        catch (Exception denied) when (denied is UnauthorizedAccessException or IOException)
        {
            LoadCopy(folder, CacheFolder());
        }
    }

    /// <summary>A folder that only this user can write: a library put there by another would run as this user.</summary>
    private static string CacheFolder() =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } own
            ? Path.Combine(own, "SafeMedLabel", "native")
            : Directory.CreateTempSubdirectory("safemedlabel-").FullName;

    /// <summary>The library's bytes with the need marked weak; null where this machine meets the need, or there is none.</summary>
    private static byte[]? Relaxed(string path, string version)
    {
        if (!File.Exists(path) || RuntimeHas(version))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        return ElfVersionNeeds.MakeWeak(bytes, version) ? bytes : null;
    }

    /// <summary>Written beside its place and renamed: a process that has the old file mapped keeps it, and a hard link elsewhere too.</summary>
    [SupportedOSPlatform("linux")]
    private static void Put(byte[] library, string path)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, library);
            File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Asks the C++ runtime that the loader chose; its version names stand in its file as text.</summary>
    private static bool RuntimeHas(string version)
    {
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out _))
        {
            return true;
        }

        var mapping = File.ReadLines("/proc/self/maps").FirstOrDefault(line => line.Contains("/libstdc++.so", StringComparison.Ordinal));
        var path = mapping?[mapping.IndexOf('/', StringComparison.Ordinal)..];
        return path is null || !File.Exists(path) || File.ReadAllBytes(path).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(version + '\0')) >= 0;
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetProcessVariable(string name, string value, int overwrite);
}
