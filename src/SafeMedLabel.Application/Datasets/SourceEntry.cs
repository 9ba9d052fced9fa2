namespace SafeMedLabel.Application.Datasets;

/// <summary>A file as the folder or zip lists it. Of a million of them each byte counts, so that none holds a delegate.</summary>
/// <param name="path">With <c>/</c> between its parts.</param>
/// <param name="length">Bytes, as stated.</param>
/// <param name="refusal">Why it must not be read; null where it may.</param>
internal abstract class SourceEntry(string path, long length, string? refusal)
{
    /// <summary>With <c>/</c> between its parts.</summary>
    public string Path { get; } = path;

    /// <summary>Bytes, as stated.</summary>
    public long Length { get; } = length;

    /// <summary>Why it must not be read; null where it may.</summary>
    public string? Refusal { get; } = refusal;

    /// <summary>Reads it whole.</summary>
    /// <exception cref="Imaging.ImageRejectedException">Too large, implausibly compressed, damaged or unreadable.</exception>
    public abstract byte[] Read();

    /// <summary>The path of a file with its content: its own, or <paramref name="scratch"/>, at which it is then unpacked.</summary>
    /// <exception cref="Imaging.ImageRejectedException">It is damaged in its zip.</exception>
    public abstract string OnDisk(string scratch);
}
