using System.IO.Compression;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A file of a class folder.</summary>
/// <param name="Path">Below the source, with forward slashes.</param>
/// <param name="ClassName">The folder it lies in.</param>
/// <param name="Read">Its bytes.</param>
public sealed record SourceFile(string Path, string ClassName, Func<byte[]> Read)
{
    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>A file that was not taken, and why.</summary>
/// <param name="Path">Below the source.</param>
/// <param name="Reason">One sentence.</param>
public sealed record RejectedFile(string Path, string Reason);

/// <summary>
/// A folder or zip archive laid out as class folders: <c>Parasitized/…</c>, <c>Uninfected/…</c>, or the same some levels down. An archive
/// is read in place, never unpacked: what its names say cannot reach the disk.
/// </summary>
public sealed class DatasetSource : IDisposable
{
    /// <summary>The largest file that is read; the real bytes are counted, whatever an archive's directory claims.</summary>
    public const int MaximumFileBytes = 64 * 1024 * 1024;

    /// <summary>A file that unpacks to more than this many times its size is no photograph.</summary>
    private const int MaximumRatio = 200;

    private const int MaximumFiles = 2_000_000;
    private const int UnixSymbolicLink = 0xA000;
    private const string Layout = "Expected one folder per class, such as 'Parasitized' and 'Uninfected', with images in each.";

    private static readonly string[] Ignored = ["__MACOSX", "Thumbs.db", "desktop.ini"];

    private readonly ZipArchive? _archive;

    private DatasetSource(ZipArchive? archive, IEnumerable<(string Path, Func<byte[]> Read)> files, List<RejectedFile> rejected)
    {
        _archive = archive;
        // A class folder is one that directly holds files; what lies at the root is about the set, not in it.
        Files = [.. from file in files
                    let folders = file.Path.Split('/')
                    where folders.Length >= 2 && !folders.Any(f => f.StartsWith('.') || Ignored.Contains(f, StringComparer.OrdinalIgnoreCase))
                    orderby file.Path
                    select new SourceFile(file.Path, folders[^2], file.Read)];
        IsSynthetic = files.Any(f => f.Path.Split('/')[^1] == SyntheticMarker);
        Rejected = rejected;
        ClassNames = [.. Files.Select(f => f.ClassName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>A file of this name says that a program drew the images.</summary>
    public const string SyntheticMarker = ".synthetic";

    /// <summary>Files in class folders, by path.</summary>
    public IReadOnlyList<SourceFile> Files { get; }

    /// <summary>Files that cannot even be looked at.</summary>
    public IReadOnlyList<RejectedFile> Rejected { get; }

    /// <summary>Class folders' names in ordinal order, which is the order of class indices.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>True when the source says that a program drew its images.</summary>
    public bool IsSynthetic { get; }

    /// <summary>Opens a folder or archive.</summary>
    /// <exception cref="DatasetException">It is missing, damaged, or not laid out as class folders; one sentence says which.</exception>
    public static DatasetSource Open(string path)
    {
        var source = Directory.Exists(path) ? OpenFolder(path)
            : File.Exists(path) ? OpenArchive(path)
            : throw new DatasetException($"There is no folder or file '{path}'.");
        if (source.ClassNames.Count >= 2)
        {
            return source;
        }

        source.Dispose();
        throw new DatasetException(source.ClassNames.Count == 0
            ? $"No class folders were found. {Layout}"
            : $"Only one class folder, '{source.ClassNames[0]}', was found; there must be at least two. {Layout}");
    }

    /// <inheritdoc />
    public void Dispose() => _archive?.Dispose();

    private static DatasetSource OpenFolder(string root)
    {
        var rejected = new List<RejectedFile>();
        var files = new List<(string, Func<byte[]>)>();
        foreach (var file in new DirectoryInfo(root).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true }))
        {
            var relative = Path.GetRelativePath(root, file.FullName).Replace('\\', '/');
            if (file.LinkTarget is not null || Path.GetFullPath(file.DirectoryName!) != RealFolder(file.Directory!))
            {
                rejected.Add(new RejectedFile(relative, "A link; only files themselves are read."));
            }
            else
            {
                files.Add((relative, () => ReadBounded(file.OpenRead(), file.Length)));
            }
        }

        return new DatasetSource(null, files, rejected);
    }

    private static string RealFolder(DirectoryInfo folder) => folder.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder.FullName;

    private static DatasetSource OpenArchive(string path)
    {
        ZipArchive archive;
        try
        {
            archive = ZipFile.OpenRead(path);
            _ = archive.Entries.Count;
        }
        catch (InvalidDataException damaged)
        {
            throw new DatasetException("The archive is damaged or cut off, or it is no zip file.", damaged);
        }

        if (archive.Entries.Count > MaximumFiles)
        {
            archive.Dispose();
            throw new DatasetException($"The archive has more than {MaximumFiles:n0} entries.");
        }

        // ZipArchive is not safe for several threads.
        var gate = new Lock();
        var rejected = new List<RejectedFile>();
        var files = new List<(string, Func<byte[]>)>();
        foreach (var entry in archive.Entries.Where(e => !e.FullName.EndsWith('/')))
        {
            if (Refusal(entry) is { } reason)
            {
                rejected.Add(new RejectedFile(entry.FullName, reason));
            }
            else
            {
                files.Add((entry.FullName.Replace('\\', '/'), () =>
                {
                    lock (gate)
                    {
                        return ReadEntry(entry);
                    }
                }
                ));
            }
        }

        return new DatasetSource(archive, files, rejected);
    }

    private static string? Refusal(ZipArchiveEntry entry)
    {
        var name = entry.FullName.Replace('\\', '/');
        if (name.StartsWith('/') || name.Contains(':', StringComparison.Ordinal) || name.Split('/').Contains(".."))
        {
            return "Its name points outside the archive.";
        }

        if (((entry.ExternalAttributes >> 16) & 0xF000) == UnixSymbolicLink)
        {
            return "A link; only files themselves are read.";
        }

        if (entry.IsEncrypted)
        {
            return "It is encrypted.";
        }

        return entry.Length > MaximumFileBytes || entry.Length > Math.Max(1, entry.CompressedLength) * MaximumRatio
            ? "It unpacks to far more than an image holds."
            : null;
    }

    private static byte[] ReadEntry(ZipArchiveEntry entry)
    {
        try
        {
            return ReadBounded(entry.Open(), entry.Length);
        }
        catch (InvalidDataException damaged)
        {
            throw new DatasetException("Its bytes in the archive are damaged.", damaged);
        }
    }

    private static byte[] ReadBounded(Stream stream, long expected)
    {
        using (stream)
        {
            using var bytes = new MemoryStream((int)Math.Clamp(expected, 0, MaximumFileBytes));
            var buffer = new byte[81920];
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length > MaximumFileBytes)
                {
                    throw new DatasetException($"It is larger than {MaximumFileBytes / (1024 * 1024)} MB.");
                }
            }

            return bytes.ToArray();
        }
    }
}
