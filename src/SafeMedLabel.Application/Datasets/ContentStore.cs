using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Files by the SHA-256 of their bytes: kept once, unchanged, and found again by what they are.</summary>
public sealed class ContentStore(string folder)
{
    private const int PieceLength = 1 << 20;

    /// <summary>The name that bytes go by: 64 lower-case hex digits.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Where it keeps them.</summary>
    public string Folder => folder;

    /// <summary>Keeps a file's content as <see cref="Put(byte[])"/> does, however long it is.</summary>
    public string Put(FileContent content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (!content.IsLong)
        {
            return Put(content.ReadWhole());
        }

        using var stream = content.OpenRead();
        return Put(stream, cancellationToken);
    }

    /// <summary>Keeps what a stream brings up to its end, as <see cref="Put(byte[])"/> does.</summary>
    public string Put(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        Directory.CreateDirectory(folder);
        var temporary = NewTemporary(folder);
        var piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using (var file = new FileStream(temporary, FileMode.CreateNew))
            {
                while (content.Read(piece) is var length and > 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    hash.AppendData(piece, 0, length);
                    file.Write(piece, 0, length);
                }
            }

            var name = Convert.ToHexStringLower(hash.GetHashAndReset());
            var path = PathOf(name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(temporary, path, overwrite: true);
            return name;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Keeps bytes and returns their hash. Keeping the same again changes nothing; a kill leaves no half file.</summary>
    public string Put(byte[] bytes)
    {
        var hash = Hash(bytes);
        var path = PathOf(hash);

        // A file that a power failure cut short, or a disk changed, is written again rather than believed.
        if (Holds(path, bytes))
        {
            Touch(path);
            return hash;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = NewTemporary(Path.GetDirectoryName(path)!);
        try
        {
            // Made new rather than cut to nothing, of which file systems make a wait for the disk.
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(file, bytes, fileOffset: 0);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        return hash;
    }

    /// <summary>
    /// Returns when everything kept so far lies on the disk, where a power failure does not reach it: once for many files, for each alone
    /// would wait as long. Only Linux can do that; elsewhere the system writes in its own time.
    /// </summary>
    public void Settle() => Settle(folder);

    /// <summary>As <see cref="Settle()"/>, of everything on the disk of some folder.</summary>
    internal static void Settle(string folder)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(folder))
        {
            return;
        }

        using var file = File.OpenHandle(NewTemporary(folder), FileMode.CreateNew, FileAccess.Write, options: FileOptions.DeleteOnClose);
        if (SyncFileSystem(file) != 0)
        {
            throw new IOException($"The images could not be written to the disk: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    /// <summary>What is kept under a hash; reading it tells if nothing is, or something else.</summary>
    public FileContent Open(string hash) => FileContent.Stored(PathOf(hash), hash);

    /// <summary>Whether something is kept under a hash.</summary>
    public bool Has(string hash) => File.Exists(PathOf(hash));

    /// <summary>
    /// Takes what is kept under a hash out of its place, in an instant however long it is, and returns where it lies then, for the caller to delete. Null
    /// where nothing is kept. Only for <see cref="ContentSweep"/>, which knows that nobody needs it.
    /// </summary>
    internal string? TakeOut(string hash)
    {
        var aside = NewTemporary(folder);
        try
        {
            File.Move(PathOf(hash), aside);
            return aside;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>True for what <see cref="Hash"/> may return.</summary>
    internal static bool IsHash(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>Half of a content hash: it tells images apart as well, and takes a quarter of the memory.</summary>
    public static UInt128 KeyOf(string hash) => UInt128.Parse(hash.AsSpan(0, 32), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Where in the store's folder the bytes of a hash lie.</summary>
    internal static string PlaceOf(string hash) =>
        IsHash(hash) ? Path.Combine(hash[..2], hash[2..4], hash) : throw new ArgumentException("This is no content hash.", nameof(hash));

    private static bool Holds(string path, byte[] bytes)
    {
        try
        {
            return new FileInfo(path) is { Exists: true } file && file.Length == bytes.Length && RegularFile.ReadAllBytes(path).AsSpan().SequenceEqual(bytes);
        }
        catch (IOException)
        {
            // What cannot be read, or was deleted just now, holds nothing.
            return false;
        }
    }

    /// <summary>Lets what is kept again look new, for what is old and needed by nobody is taken out.</summary>
    private static void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception missed) when (missed is IOException or UnauthorizedAccessException)
        {
            // Who enters it looks whether it is still there.
        }
    }

    private static string NewTemporary(string folder) => Path.Combine(folder, $"{Guid.NewGuid():n}.tmp");

    private string PathOf(string hash) => Path.Combine(folder, PlaceOf(hash));

    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SyncFileSystem(SafeFileHandle file);
}
