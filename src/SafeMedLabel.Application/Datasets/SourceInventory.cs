using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// The different pictures of a data set by their content: exact copies dropped, contradictory ones marked.
/// Reads every file once, and decodes none.
/// </summary>
public sealed class SourceInventory
{
    private SourceInventory(List<InventoriedFile> files, List<RejectedFile> duplicates, List<RejectedFile> rejected) =>
        (Files, Duplicates, Rejected) = (files, duplicates, rejected);

    /// <summary>Files with different contents, in the order of the paths at which each content lies first.</summary>
    public IReadOnlyList<InventoriedFile> Files { get; }

    /// <summary>Exact copies of one of <see cref="Files"/>.</summary>
    public IReadOnlyList<RejectedFile> Duplicates { get; }

    /// <summary>Unreadable files.</summary>
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

        var distinct = new List<InventoriedFile>(hashed.Count);
        foreach (var copies in hashed.GroupBy(file => file.ContentHash))
        {
            var kept = copies.FirstOrDefault(file => file.ClassName is not null) ?? copies.First();
            var other = copies.FirstOrDefault(file => file.ClassName is not null && file.ClassName != kept.ClassName);
            distinct.Add(kept with { Contradiction = other?.Path });
            duplicates.AddRange(copies.Where(file => file != kept).Select(file => new RejectedFile(file.Path, $"An exact copy of '{kept.Path}'.")));
        }

        return new SourceInventory(distinct, duplicates, rejected);
    }
}

/// <summary>A file whose content is known by its hash.</summary>
/// <param name="File">The file.</param>
/// <param name="ContentHash">SHA-256 of its bytes.</param>
/// <param name="Contradiction">Path of a file with the same bytes under another class; null where there is none.</param>
public sealed record InventoriedFile(SourceFile File, string ContentHash, string? Contradiction = null)
{
    /// <summary>Path in the folder or zip.</summary>
    public string Path => File.Path;

    /// <summary>Name of its class; null where none is known.</summary>
    public string? ClassName => File.ClassName;
}
