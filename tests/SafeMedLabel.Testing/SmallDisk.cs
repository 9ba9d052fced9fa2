using System.Diagnostics;

namespace SafeMedLabel.Testing;

/// <summary>A disk of a few megabytes that a test can fill, of the machine's memory. Only who may mount has one; a test is skipped for others.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Mounts it.</summary>
    public SmallDisk(int megabytes)
    {
        if (!OperatingSystem.IsLinux() || !Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "safemed-test", Path))
        {
            _folder.Dispose();
            Assert.Skip("A small disk can be mounted on Linux, and by root alone.");
        }
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => _folder.Path;

    /// <summary>Bytes that are free.</summary>
    public long Free => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Fills it up to so many bytes; returns the file that does, for a test to delete.</summary>
    public string FillUpTo(long free)
    {
        var file = System.IO.Path.Combine(Path, "ballast");
        using var ballast = new FileStream(file, FileMode.Create);
        var zeros = new byte[1 << 16];
        while (Free - zeros.Length > free)
        {
            ballast.Write(zeros);
            ballast.Flush();
        }

        return file;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Run("umount", "-l", Path);
        _folder.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
