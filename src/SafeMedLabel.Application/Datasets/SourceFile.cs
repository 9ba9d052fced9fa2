namespace SafeMedLabel.Application.Datasets;

/// <summary>A file below a class folder, not yet read.</summary>
public sealed class SourceFile
{
    private readonly Func<byte[]> _read;

    internal SourceFile(string path, string className, long length, Func<byte[]> read)
    {
        Path = path;
        ClassName = className;
        Length = length;
        _read = read;
    }

    /// <summary>Path below the folder or inside the zip, with <c>/</c> between its parts.</summary>
    public string Path { get; }

    /// <summary>Name of the class folder.</summary>
    public string ClassName { get; }

    /// <summary>Last part of <see cref="Path"/>.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Bytes as the folder or zip states them; not to be relied on before reading.</summary>
    public long Length { get; }

    /// <summary>Reads the whole file. Safe on several threads at a time.</summary>
    /// <exception cref="Imaging.ImageRejectedException">Too large, implausibly compressed, damaged or unreadable.</exception>
    public byte[] Read() => _read();
}
