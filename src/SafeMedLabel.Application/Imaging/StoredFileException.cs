namespace SafeMedLabel.Application.Imaging;

/// <summary>The file of an image that the database names is missing from the storage, or is another than was imported.</summary>
/// <param name="hash">Content hash of the image.</param>
/// <param name="isMissing">Whether there is no such file.</param>
/// <param name="cause">What was met.</param>
public sealed class StoredFileException(string hash, bool isMissing, Exception? cause = null) : IOException(isMissing ? Missing : Damaged, cause)
{
    /// <summary>There is no such file.</summary>
    public const string Missing =
        "The file of this image is missing from the storage. An admin must restore it from a backup or import it again; until then, skip it.";

    /// <summary>There is one, with other bytes.</summary>
    public const string Damaged =
        "The file of this image is damaged in the storage. An admin must restore it from a backup or import it again; until then, skip it.";

    /// <summary>Content hash of the image.</summary>
    public string Hash => hash;

    /// <summary>Whether there is no such file; else it is damaged.</summary>
    public bool IsMissing => isMissing;
}
