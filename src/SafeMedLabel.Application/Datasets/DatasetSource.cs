namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A folder or a zip with one folder per class (<c>Parasitized/…</c>, <c>Uninfected/…</c>; any names), at its top or below one
/// enclosing folder; or with a <see cref="Manifest"/>, which then says what is what. A zip is read where it lies; only slides in it are unpacked, one
/// at a time. Dispose it when all files were read.
/// </summary>
public abstract class DatasetSource : IDisposable
{
    /// <summary>Ordered by path, ordinally.</summary>
    public IReadOnlyList<SourceFile> Files { get; private set; } = [];

    /// <summary>What is refused by its name or kind alone, such as a link or a path that leads out of the data set.</summary>
    public IReadOnlyList<RejectedFile> Rejected { get; private set; } = [];

    /// <summary>
    /// Names of the class folders, at least two, or of the manifest's labels, any number; ordered ordinally: a class's number is its place here.
    /// </summary>
    public IReadOnlyList<string> ClassNames { get; private set; } = [];

    /// <summary>Whether the data set marks itself as drawn by a program, by a file <c>.synthetic</c> at its top.</summary>
    public bool IsSynthetic { get; private set; }

    /// <summary>What readers said elsewhere of its pictures, the oldest first.</summary>
    internal IReadOnlyList<BroughtReading> Readings { get; private set; } = [];

    /// <summary>Opens a folder or zip and finds its class folders or its manifest; no picture is read yet.</summary>
    /// <param name="path">A folder, a zip file, or a manifest in the folder of its pictures.</param>
    /// <param name="limits"><see cref="SourceLimits.Default"/> where null.</param>
    /// <param name="scratchFolder">Where slides of a zip are unpacked while they are read; the system's folder for temporary files where null.</param>
    /// <exception cref="DatasetException">Not found, not readable, not in the expected layout, or over a limit.</exception>
    public static DatasetSource Open(string path, SourceLimits? limits = null, string? scratchFolder = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        limits ??= SourceLimits.Default;
        DatasetSource source;
        try
        {
            source = Directory.Exists(path) ? new FolderSource(path, limits)
                : Manifest.IsNamedSo(path) && File.Exists(path) ? new FolderSource(Path.GetDirectoryName(Path.GetFullPath(path))!, limits)
                : File.Exists(path) ? new ZipSource(path, limits, scratchFolder ?? Path.GetTempPath())
                : throw new DatasetException($"There is no folder or zip at '{path}'.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"'{path}' cannot be read: {exception.Message}", exception);
        }

        try
        {
            var listing = source.List().ToList();
            var manifest = Manifest.IsNamedSo(path) ? Path.GetFileName(path) : Manifest.FindAmong(listing);
            source.Arrange(manifest is null ? ClassLayout.Find(listing) : Manifest.Arrange(manifest, listing));
            return source;
        }
        catch (Exception exception)
        {
            source.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw new DatasetException($"'{path}' cannot be read: {exception.Message}", exception);
            }

            throw;
        }
    }

    /// <summary>Counts files as refused that somebody looked at before.</summary>
    internal void Refuse(IReadOnlyList<RejectedFile> files) => Rejected = [.. Rejected, .. files];

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes what the source holds open.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Every file there is, hidden and refused ones included, in no particular order.</summary>
    private protected abstract IEnumerable<SourceEntry> List();

    private void Arrange(SourceLayout layout)
    {
        Files = layout.Files;
        Rejected = layout.Rejected;
        ClassNames = layout.ClassNames;
        IsSynthetic = layout.IsSynthetic;
        Readings = layout.Readings;
    }
}
