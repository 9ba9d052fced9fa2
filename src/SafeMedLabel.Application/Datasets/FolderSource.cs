using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A data set in a folder.</summary>
internal sealed class FolderSource(string folder, SourceLimits limits) : DatasetSource(limits)
{
    private readonly string _root = Path.GetFullPath(folder);

    private protected override IEnumerable<SourceEntry> List(CancellationToken cancellationToken)
    {
        var count = 0;
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(_root)]);
        while (folders.TryPop(out var current))
        {
            foreach (var info in current.EnumerateFileSystemInfos())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (++count > Limits.MaxFiles)
                {
                    throw new DatasetException(FormattableString.Invariant($"The folder holds more than {Limits.MaxFiles:N0} files."));
                }

                var relative = Path.GetRelativePath(_root, info.FullName).Replace(Path.DirectorySeparatorChar, '/');
                if (info.LinkTarget is not null || info.Attributes.HasFlag(FileAttributes.ReparsePoint))
                {
                    yield return new SourceEntry(relative, 0, Refusal: "A symbolic link; only real files are read.");
                }
                else if (info is DirectoryInfo directory)
                {
                    folders.Push(directory);
                }
                else if (info is FileInfo file)
                {
                    yield return RegularFile.IsOther(file.FullName)
                        ? new SourceEntry(relative, 0, Refusal: RegularFile.Refusal)
                        : new SourceEntry(relative, file.Length);
                }
            }
        }
    }

    private protected override byte[] ReadWhole(SourceEntry entry) => Reading(() => BoundedReader.ReadToEnd(RegularFile.OpenRead(PathOf(entry)), Limits));

    private protected override FileContent OpenLong(SourceEntry entry, bool isPicture, CancellationToken cancellationToken) => FileContent.At(PathOf(entry));

    private protected override void ReadInPieces(SourceEntry entry, bool isPicture, PieceAction take, CancellationToken cancellationToken) => Reading(() =>
    {
        using var file = RegularFile.OpenRead(PathOf(entry));
        return ReadInPieces(file, isPicture, take, cancellationToken);
    });

    private static T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ImageRejectedException("The file cannot be read.", exception);
        }
    }

    private string PathOf(SourceEntry entry) => Path.Combine(_root, entry.Path);
}
