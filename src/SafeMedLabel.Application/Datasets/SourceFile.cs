using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A file of a data set, not yet read, and what its folder or a manifest says of it.</summary>
public sealed class SourceFile
{
    private readonly DatasetSource _source;
    private readonly SourceEntry _entry;

    internal SourceFile(DatasetSource source, long id, SourceEntry entry)
    {
        _source = source;
        _entry = entry;
        Id = id;
    }

    /// <summary>Path below the folder or inside the zip, with <c>/</c> between its parts.</summary>
    public string Path => _entry.Path;

    /// <summary>Name of the class folder, or the manifest's label; null where that gives none.</summary>
    public string? ClassName { get; init; }

    /// <summary>The patient by the manifest; null where only the file's name can tell.</summary>
    public string? Patient { get; init; }

    /// <summary>Where it was taken, by the manifest; null where that does not say.</summary>
    public string? Site { get; init; }

    /// <summary>The split by the manifest; null where the program is to choose.</summary>
    public DataSplit? Split { get; init; }

    /// <summary>Another label that the manifest gives it too; null where it gives but one.</summary>
    internal string? OtherClass { get; init; }

    /// <summary>Last part of <see cref="Path"/>.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Bytes as the folder or zip states them; not to be relied on before reading.</summary>
    public long Length => _entry.Length;

    /// <summary>By which its source finds it again.</summary>
    internal long Id { get; }

    /// <summary>Reads the whole file. Safe on several threads at a time.</summary>
    /// <exception cref="ImageRejectedException">Too large, implausibly compressed, damaged or unreadable.</exception>
    public byte[] Read() => _source.Read(_entry);

    /// <summary>Its content, which may be too long to be read whole. Dispose of it soon: it may have been unpacked for that. Safe on several threads at a time.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Read"/>, or long and no TIFF.</exception>
    public FileContent Open(CancellationToken cancellationToken = default) => _source.Open(_entry, cancellationToken);

    /// <summary>The SHA-256 of its content, in hexadecimal digits. Safe on several threads at a time.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Open"/>.</exception>
    public string Digest(CancellationToken cancellationToken = default) => _source.Digest(_entry, cancellationToken);
}
