using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// The different pictures of a data set by their content: exact copies dropped, contradictory ones refused.
/// Reads every file once, and decodes none.
/// </summary>
public sealed class SourceInventory
{
    private SourceInventory(List<InventoriedFile> files, List<RejectedFile> duplicates, List<RejectedFile> rejected) =>
        (Files, Duplicates, Rejected) = (files, duplicates, rejected);

    /// <summary>Files with different contents, ordered by path.</summary>
    public IReadOnlyList<InventoriedFile> Files { get; }

    /// <summary>Exact copies of one of <see cref="Files"/> in the same class.</summary>
    public IReadOnlyList<RejectedFile> Duplicates { get; }

    /// <summary>Unreadable files, and files whose content also lies under another class.</summary>
    public IReadOnlyList<RejectedFile> Rejected { get; }

    /// <summary>Reads and compares all files of a source.</summary>
    /// <param name="source">An open source.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    public static SourceInventory Take(DatasetSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<RejectedFile> rejected = [.. source.Rejected], duplicates = [];
        var hashed = new List<InventoriedFile>(source.Files.Count);
        foreach (var file in source.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                hashed.Add(new InventoriedFile(file, ContentStore.Hash(file.Read())));
            }
            catch (ImageRejectedException exception)
            {
                rejected.Add(new RejectedFile(file.Path, exception.Message));
            }
        }

        var copies = hashed.ToLookup(file => file.ContentHash);
        var distinct = new List<InventoriedFile>(hashed.Count);
        foreach (var file in hashed)
        {
            var first = copies[file.ContentHash].First();
            if (copies[file.ContentHash].FirstOrDefault(other => other.ClassName != file.ClassName) is { } contradiction)
            {
                rejected.Add(new RejectedFile(file.Path, $"The same picture lies under another class, as '{contradiction.Path}'."));
            }
            else if (first != file)
            {
                duplicates.Add(new RejectedFile(file.Path, $"An exact copy of '{first.Path}'."));
            }
            else
            {
                distinct.Add(file);
            }
        }

        return new SourceInventory(distinct, duplicates, rejected);
    }
}

/// <summary>A file whose content is known by its hash.</summary>
/// <param name="File">The file.</param>
/// <param name="ContentHash">SHA-256 of its bytes.</param>
public sealed record InventoriedFile(SourceFile File, string ContentHash)
{
    /// <summary>Path in the folder or zip.</summary>
    public string Path => File.Path;

    /// <summary>Name of the class folder.</summary>
    public string ClassName => File.ClassName;
}
