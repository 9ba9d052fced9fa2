namespace SafeMedLabel.Application.Datasets;

/// <summary>A file as the folder or zip lists it.</summary>
/// <param name="Path">With <c>/</c> between its parts.</param>
/// <param name="Length">Bytes, as stated.</param>
/// <param name="Read">Reads it whole.</param>
/// <param name="OnDisk">The path of a file with its content: its own, or the given one, at which it is then unpacked.</param>
/// <param name="Refusal">Why it must not be read; null where it may.</param>
internal sealed record SourceEntry(string Path, long Length, Func<byte[]> Read, Func<string, string> OnDisk, string? Refusal)
{
    public static SourceEntry Refused(string path, string reason) => new(path, 0, () => [], at => at, reason);
}
