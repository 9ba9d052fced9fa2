using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A usable picture of a data set.</summary>
/// <typeparam name="T">What its reader wanted to know of its pixels.</typeparam>
/// <param name="File">Where it lies, and what a manifest says of it.</param>
/// <param name="ContentHash">SHA-256 of its bytes.</param>
/// <param name="Patient">Its patient; <see cref="PatientPattern.Unknown"/> where neither a manifest nor the name tells one.</param>
/// <param name="ClassIndex">Position of its class's name; null where no class is known, or two contradict each other.</param>
/// <param name="Contradiction">Why it has two classes, as a sentence without its full stop; null where it has one or none.</param>
/// <param name="Derived">What was made of its pixels.</param>
public sealed record ReadImage<T>(SourceFile File, string ContentHash, string Patient, int? ClassIndex, string? Contradiction, T Derived);

/// <summary>A file of a data set while its picture is looked at.</summary>
/// <param name="Content">What is in it.</param>
/// <param name="Digest">SHA-256, in hexadecimal digits, of what was in it when the data set was gone through.</param>
/// <param name="Picture">Its picture.</param>
public sealed record OpenedFile(FileContent Content, string Digest, Picture Picture);

/// <summary>A batch of a data set in path order.</summary>
/// <typeparam name="T">What its reader wanted to know of the pixels.</typeparam>
/// <param name="Images">Usable pictures.</param>
/// <param name="Rejected">Files that are not.</param>
/// <param name="Processed">Files looked at up to here, copies included.</param>
public sealed record ReadBatch<T>(IReadOnlyList<ReadImage<T>> Images, IReadOnlyList<RejectedFile> Rejected, int Processed);

/// <summary>Reads a source's files in parallel and in order: each becomes an image or a rejection with its reason.</summary>
public sealed class DatasetReader(DatasetSource source, PatientPattern pattern)
{
    private const int BatchSize = 256;

    /// <summary>Files found.</summary>
    public int Total => source.FileCount + source.Rejected.Count;

    /// <summary>
    /// The images batch by batch, with what was rejected among them. The same bytes twice are one image; the same bytes under
    /// two classes are one too, of neither.
    /// </summary>
    /// <typeparam name="T">What is kept of a picture.</typeparam>
    /// <param name="derive">
    /// Takes a file and returns what is kept of it; called on several threads. The rest is dropped at once, for a
    /// batch of large pictures does not fit into memory.
    /// </param>
    /// <param name="progress">Hears, before the first batch comes, how many files are read and compared; null where nobody listens.</param>
    /// <param name="cancellationToken">Stops between two pictures.</param>
    public IEnumerable<ReadBatch<T>> Batches<T>(Func<OpenedFile, T> derive, Action<int>? progress = null, CancellationToken cancellationToken = default)
    {
        // Contradictions are known only when every file was read: once to compare, and once more below to decode.
        var inventory = SourceInventory.Take(source, progress, cancellationToken);
        var processed = Total - inventory.Count;
        yield return new ReadBatch<T>([], inventory.Rejected, processed);
        var classes = source.ClassNames.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
        foreach (var batch in inventory.Files.Chunk(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var images = new List<ReadImage<T>>(batch.Length);
            var rejected = new List<RejectedFile>();
            foreach (var (found, (derived, refusal)) in batch.Zip(ParallelFiles.Read(batch, found => Decode(found, derive, cancellationToken), cancellationToken)))
            {
                var file = found.File;
                if (refusal is not null)
                {
                    rejected.Add(new RejectedFile(file.Path, refusal));
                }
                else
                {
                    int? known = file.ClassName is null || found.Contradiction is not null ? null : classes[file.ClassName];
                    images.Add(new ReadImage<T>(file, found.Digest, PatientOf(file), known, found.Contradiction, derived!));
                }
            }

            processed += batch.Length;
            yield return new ReadBatch<T>(images, rejected, processed);
        }
    }

    /// <summary>A file's patient: the manifest's, or by the pattern the name's, or <see cref="PatientPattern.Unknown"/>.</summary>
    public string PatientOf(SourceFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return TextRule.Clean(file.Patient ?? pattern.Match(file.Name) ?? "") is { Length: > 0 } patient ? patient : PatientPattern.Unknown;
    }

    /// <summary>Refuses a file whose patient has a name that nobody may have.</summary>
    /// <exception cref="ImageRejectedException">It has.</exception>
    internal void EnsurePatient(SourceFile file)
    {
        if (ProjectImage.PatientRule.Fault(PatientOf(file)) is { } fault)
        {
            throw new ImageRejectedException($"The patient that its name tells {fault}.");
        }
    }

    private T Decode<T>(InventoriedFile found, Func<OpenedFile, T> derive, CancellationToken cancellationToken)
    {
        EnsurePatient(found.File);
        using var content = found.File.Open(cancellationToken);
        return derive(new OpenedFile(content, found.Digest, ImageDecoder.Read(content)));
    }
}
