using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A data set in a folder.</summary>
internal sealed class FolderSource(string folder, SourceLimits limits) : DatasetSource
{
    private readonly string _root = Path.GetFullPath(folder);
    private readonly SourceLimits _limits = limits;

    private protected override IEnumerable<SourceEntry> List()
    {
        var count = 0;
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(_root)]);
        while (folders.TryPop(out var current))
        {
            foreach (var info in current.EnumerateFileSystemInfos())
            {
                if (++count > _limits.MaxFiles)
                {
                    throw new DatasetException(FormattableString.Invariant($"The folder holds more than {_limits.MaxFiles:N0} files."));
                }

                var relative = Path.GetRelativePath(_root, info.FullName).Replace(Path.DirectorySeparatorChar, '/');
                if (info.LinkTarget is not null || info.Attributes.HasFlag(FileAttributes.ReparsePoint))
                {
                    yield return new Entry(this, relative, 0, "A symbolic link; only real files are read.");
                }
                else if (info is DirectoryInfo directory)
                {
                    folders.Push(directory);
                }
                else if (info is FileInfo file)
                {
                    yield return new Entry(this, relative, file.Length, refusal: null);
                }
            }
        }
    }

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

    private sealed class Entry(FolderSource source, string path, long length, string? refusal) : SourceEntry(path, length, refusal)
    {
        private string FullPath => System.IO.Path.Combine(source._root, Path);

        public override byte[] Read() => Reading(() => BoundedReader.ReadToEnd(File.OpenRead(FullPath), source._limits));

        protected override FileContent OpenLong(CancellationToken cancellationToken) => FileContent.At(FullPath);

        protected override void ReadInPieces(PieceAction take, CancellationToken cancellationToken) => Reading(() =>
        {
            using var file = File.OpenRead(FullPath);
            ReadInPieces(file, take, cancellationToken);
            return true;
        });
    }
}
