using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// Marks of content, by which a program that has it already knows it again. They are made under a key of the storage: a plain hash of a picture can be
/// looked up where a data set is public, and its class and patient with it.
/// </summary>
public sealed class ContentMark(StorageOptions storage)
{
    private readonly StorageKey _key = new(Path.Combine(storage.KeyFolder, "marks.key"));

    /// <summary>The mark: 32 hex digits, the same for the same content for as long as the storage keeps its keys.</summary>
    public string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(_key.Sign(content).AsSpan(0, 16));
}
