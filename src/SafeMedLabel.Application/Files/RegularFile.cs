using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SafeMedLabel.Application.Files;

/// <summary>
/// Opens files that people name, and nothing else that may lie under a file's name: to open a pipe waits, perhaps for ever, for somebody who writes
/// to it, and to open a device may do anything. What lies there is looked at before it is opened, and once more after that, for it may have been
/// exchanged in between. Systems other than Linux have no such things in ordinary folders, or are no servers' systems.
/// </summary>
public static class RegularFile
{
    /// <summary>Why something is not opened.</summary>
    public const string Refusal = "A pipe, device or socket; only real files are read.";

    private const int CurrentFolder = -100;
    private const int OfHandle = 0x1000;
    private const uint TypeAndMode = 3;
    private const int TypeMask = 0xF000;
    private const int RegularType = 0x8000;
    private const int FolderType = 0x4000;

    // O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, as all of .NET's Linux platforms number them.
    private const int ReadWithoutWaiting = 0x800 | 0x100 | 0x80000;
    private const int NoEntry = 2;
    private const int NoFolder = 20;
    private const int NotPermitted = 1;
    private const int NoAccess = 13;

    /// <summary>Opens a file to read it from any place.</summary>
    /// <exception cref="IOException">There is none, it cannot be read, or it is no regular file; the message says which.</exception>
    /// <exception cref="UnauthorizedAccessException">This program may not read it.</exception>
    public static SafeFileHandle OpenHandle(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.OpenHandle(path);
        }

        var full = Path.GetFullPath(path);
        RequireAt(full);
        var handle = Open(Bytes(full), ReadWithoutWaiting);
        if (handle.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw Failure(error, full);
        }

        if (TypeOf(handle) != RegularType)
        {
            handle.Dispose();
            throw new IOException($"'{path}' is not read. {Refusal}");
        }

        return handle;
    }

    /// <summary>Opens a file to read it from its beginning.</summary>
    /// <exception cref="IOException">As of <see cref="OpenHandle"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">As of <see cref="OpenHandle"/>.</exception>
    public static FileStream OpenRead(string path) => new(OpenHandle(path), FileAccess.Read);

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="IOException">As of <see cref="OpenHandle"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">As of <see cref="OpenHandle"/>.</exception>
    public static byte[] ReadAllBytes(string path)
    {
        using var file = OpenHandle(path);
        var bytes = new byte[RandomAccess.GetLength(file)];
        for (var length = 0; length < bytes.Length;)
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(length), length);
            length += read > 0 ? read : throw new EndOfStreamException($"'{path}' was cut short while it was read.");
        }

        return bytes;
    }

    /// <summary>Reads a text in UTF-8 whole.</summary>
    /// <exception cref="IOException">As of <see cref="OpenHandle"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">As of <see cref="OpenHandle"/>.</exception>
    public static string ReadAllText(string path)
    {
        using var text = new StreamReader(OpenRead(path));
        return text.ReadToEnd();
    }

    /// <summary>Refuses what lies at a path and is neither a file nor a folder; says nothing of what is not there.</summary>
    /// <exception cref="IOException">It is a pipe, a device or a socket.</exception>
    public static void RequireAt(string path)
    {
        if (IsOther(path))
        {
            throw new IOException($"'{path}' is not read. {Refusal}");
        }
    }

    /// <summary>True where something lies at a path, or where a link there leads, that is neither a file nor a folder.</summary>
    public static bool IsOther(string path) => OperatingSystem.IsLinux() && TypeOf(path) is not (null or RegularType or FolderType);

    private static Exception Failure(int error, string path) => error switch
    {
        NoEntry => new FileNotFoundException($"There is no file '{path}'.", path),
        NoFolder => new DirectoryNotFoundException($"There is no folder for '{path}'."),
        NotPermitted or NoAccess => new UnauthorizedAccessException($"Access to '{path}' is denied."),
        _ => new IOException($"'{path}' cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}.", error),
    };

    private static int? TypeOf(string path) =>
        Stat(CurrentFolder, Bytes(path), 0, TypeAndMode, out var status) == 0 ? status.Mode & TypeMask : null;

    private static int? TypeOf(SafeFileHandle file) =>
        StatHandle(file, Bytes(""), OfHandle, TypeAndMode, out var status) == 0 ? status.Mode & TypeMask : null;

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes($"{path}\0");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Stat(int folder, byte[] path, int flags, uint asked, out Status status);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatHandle(SafeFileHandle file, byte[] path, int flags, uint asked, out Status status);

    /// <summary>The kernel's <c>struct statx</c>, the same on every processor, of which only the mode is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(28)]
        public ushort Mode;
    }
}
