using System.Runtime.InteropServices;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// The different pictures of a data set by their content: exact copies dropped, contradictory ones marked.
/// Reads every file once, and decodes none.
/// </summary>
public sealed class SourceInventory
{
    private SourceInventory(List<InventoriedFile> files, List<RejectedFile> rejected) => (Files, Rejected) = (files, rejected);

    /// <summary>Files with different contents, in the order of the paths at which each content lies first.</summary>
    public IReadOnlyList<InventoriedFile> Files { get; }

    /// <summary>Unreadable files.</summary>
    public IReadOnlyList<RejectedFile> Rejected { get; }

    /// <summary>Reads and compares all files of a source.</summary>
    /// <param name="source">An open source.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    public static SourceInventory Take(DatasetSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<RejectedFile> rejected = [.. source.Rejected];
        List<InventoriedFile> files = [];
        Dictionary<Sha256Digest, int> places = [];
        foreach (var file in source.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var digest = file.Digest(cancellationToken);
                ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, digest, out var isCopy);
                if (isCopy)
                {
                    files[place] = files[place].With(file);
                }
                else
                {
                    place = files.Count;
                    files.Add(new InventoriedFile(file, digest));
                }
            }
            catch (ImageRejectedException exception)
            {
                rejected.Add(new RejectedFile(file.Path, exception.Message));
            }
        }

        return new SourceInventory(files, rejected);
    }
}

/// <summary>A file whose content is known by its hash.</summary>
/// <param name="File">The first of its copies whose class is known; the first of all where none is.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Contradiction">Path of a file with the same bytes under another class; null where there is none.</param>
public readonly record struct InventoriedFile(SourceFile File, Sha256Digest Digest, string? Contradiction = null)
{
    /// <summary>Path in the folder or zip.</summary>
    public string Path => File.Path;

    /// <summary>Name of its class; null where none is known.</summary>
    public string? ClassName => File.ClassName;

    /// <summary>The same with one more copy.</summary>
    internal InventoriedFile With(SourceFile copy) =>
        ClassName is null && copy.ClassName is not null ? this with { File = copy }
        : copy.ClassName is not null && copy.ClassName != ClassName ? this with { Contradiction = Contradiction ?? copy.Path }
        : this;
}
