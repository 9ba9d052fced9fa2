using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace SafeMedLabel.Testing;

/// <summary>Things that lie under a file's name and are none.</summary>
public static class SpecialFiles
{
    private static readonly ConcurrentBag<Socket> Sockets = [];

    /// <summary>A pipe: who opens it to read waits until somebody opens it to write.</summary>
    public static string Pipe(string path) => Made(path, "mkfifo", path);

    /// <summary>A device that never ends; skips the test where none may be made.</summary>
    public static string Device(string path) => Made(path, "mknod", path, "c", "1", "5");

    /// <summary>A socket.</summary>
    public static string Socket(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        // Disposed of, it would be gone.
        Sockets.Add(socket);
        return path;
    }

    private static string Made(string path, string program, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has pipes and devices in ordinary folders.");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        Assert.SkipUnless(process.ExitCode == 0, $"{program} is not allowed here.");
        return path;
    }
}
