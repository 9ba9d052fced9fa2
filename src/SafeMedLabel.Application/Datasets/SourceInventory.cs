using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// The different pictures of a data set by their content: exact copies dropped, contradictory ones marked.
/// Reads every file once, and decodes none.
/// </summary>
public sealed class SourceInventory
{
    private const int BatchSize = 256;

    private readonly SourceCatalogue _catalogue;

    private SourceInventory(SourceCatalogue catalogue, List<RejectedFile> rejected)
    {
        _catalogue = catalogue;
        Count = catalogue.ContentCount;
        Rejected = rejected;
    }

    /// <summary>How many different contents there are.</summary>
    public int Count { get; }

    /// <summary>Files with different contents, in the order of the paths at which each content lies first.</summary>
    public IEnumerable<InventoriedFile> Files => _catalogue.Contents;

    /// <summary>Unreadable files.</summary>
    public IReadOnlyList<RejectedFile> Rejected { get; }

    /// <summary>Reads and compares all files of a source.</summary>
    /// <param name="source">An open source.</param>
    /// <param name="progress">Hears how many files are read; null where nobody listens.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    public static SourceInventory Take(DatasetSource source, Action<int>? progress, CancellationToken cancellationToken)
    {
        var read = 0;
        ArgumentNullException.ThrowIfNull(source);
        List<RejectedFile> rejected = [.. source.Rejected];
        foreach (var batch in source.Files.Chunk(BatchSize))
        {
            foreach (var (file, (digest, refusal)) in batch.Zip(ParallelFiles.Read(batch, file => file.Digest(cancellationToken), cancellationToken)))
            {
                if (refusal is not null)
                {
                    rejected.Add(new RejectedFile(file.Path, refusal));
                }
                else
                {
                    source.Catalogue.Add(file, digest!);
                }
            }

            if (rejected.Count > source.Limits.MaxRejected)
            {
                throw source.Limits.TooManyRejected(rejected[0]);
            }

            read += batch.Length;
            progress?.Invoke(read);
        }

        return new SourceInventory(source.Catalogue, rejected);
    }
}

/// <summary>A file whose content is known by its hash.</summary>
/// <param name="File">The first of its copies whose class is known; the first of all where none is.</param>
/// <param name="Digest">SHA-256 of its bytes, in hexadecimal digits.</param>
/// <param name="Contradiction">Why it has two classes, as a sentence without its full stop; null where it has one or none.</param>
public sealed record InventoriedFile(SourceFile File, string Digest, string? Contradiction);
