using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A data set in a folder.</summary>
internal sealed class FolderSource(string folder, SourceLimits limits) : DatasetSource
{
    private readonly string _root = Path.GetFullPath(folder);

    private protected override IEnumerable<SourceEntry> List()
    {
        var count = 0;
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(_root)]);
        while (folders.TryPop(out var current))
        {
            foreach (var info in current.EnumerateFileSystemInfos())
            {
                if (++count > limits.MaxFiles)
                {
                    throw new DatasetException(FormattableString.Invariant($"The folder holds more than {limits.MaxFiles:N0} files."));
                }

                var relative = Path.GetRelativePath(_root, info.FullName).Replace(Path.DirectorySeparatorChar, '/');
                if (info.LinkTarget is not null || info.Attributes.HasFlag(FileAttributes.ReparsePoint))
                {
                    yield return SourceEntry.Refused(relative, "A symbolic link; only real files are read.");
                }
                else if (info is DirectoryInfo directory)
                {
                    folders.Push(directory);
                }
                else if (info is FileInfo file)
                {
                    yield return new SourceEntry(relative, file.Length, () => Read(file.FullName), _ => file.FullName, Refusal: null);
                }
            }
        }
    }

    private byte[] Read(string path)
    {
        try
        {
            return BoundedReader.ReadToEnd(File.OpenRead(path), limits);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ImageRejectedException("The file cannot be read.", exception);
        }
    }
}
