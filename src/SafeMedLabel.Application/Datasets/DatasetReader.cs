using System.Collections.Concurrent;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A file of a data set that decodes.</summary>
/// <param name="Path">Below the source.</param>
/// <param name="ContentHash">SHA-256 of its bytes.</param>
/// <param name="Patient">Its patient; <see cref="PatientPattern.Unknown"/> where the name tells none.</param>
/// <param name="ClassIndex">Position of its class's name.</param>
/// <param name="Bytes">The file.</param>
/// <param name="Image">Its pixels.</param>
public sealed record ReadImage(string Path, string ContentHash, string Patient, int ClassIndex, byte[] Bytes, DecodedImage Image);

/// <summary>Reads a source's files in parallel and in order: each becomes an image or a rejection with its reason.</summary>
public sealed class DatasetReader(DatasetSource source, PatientPattern pattern)
{
    private const int BatchSize = 256;

    private readonly Dictionary<string, (string Path, int Class)> _seen = [];

    /// <summary>Files found.</summary>
    public int Total => source.Files.Count + source.Rejected.Count;

    /// <summary>Files whose content came before under the same class.</summary>
    public int Duplicates { get; private set; }

    /// <summary>
    /// The images batch by batch, with what was rejected among them. The same bytes twice are one image; the same bytes under
    /// two classes contradict each other, and the later is rejected.
    /// </summary>
    public IEnumerable<(IReadOnlyList<ReadImage> Images, IReadOnlyList<RejectedFile> Rejected, int Processed)> Batches(CancellationToken cancellationToken = default)
    {
        var processed = source.Rejected.Count;
        yield return ([], source.Rejected, processed);
        var classes = source.ClassNames.Select((name, index) => (name, index)).ToDictionary(c => c.name, c => c.index, StringComparer.Ordinal);
        foreach (var batch in source.Files.Chunk(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rejected = new ConcurrentBag<RejectedFile>();
            var decoded = batch.AsParallel().AsOrdered().WithCancellation(cancellationToken).Select(file => Decode(file, classes[file.ClassName], rejected)).ToList();
            var images = new List<ReadImage>();
            foreach (var image in decoded.OfType<ReadImage>())
            {
                if (!_seen.TryGetValue(image.ContentHash, out var first))
                {
                    _seen[image.ContentHash] = (image.Path, image.ClassIndex);
                    images.Add(image);
                }
                else if (first.Class == image.ClassIndex)
                {
                    Duplicates++;
                }
                else
                {
                    rejected.Add(new RejectedFile(image.Path, $"The same image lies under another class as '{first.Path}'."));
                }
            }

            processed += batch.Length;
            yield return (images, [.. rejected.OrderBy(r => r.Path, StringComparer.Ordinal)], processed);
        }
    }

    private ReadImage? Decode(SourceFile file, int classIndex, ConcurrentBag<RejectedFile> rejected)
    {
        try
        {
            var bytes = file.Read();
            var image = ImageDecoder.Decode(bytes);
            return new ReadImage(file.Path, ContentStore.Hash(bytes), pattern.Match(file.Name) ?? PatientPattern.Unknown, classIndex, bytes, image);
        }
        catch (Exception refused) when (refused is ImageRejectedException or DatasetException or IOException)
        {
            rejected.Add(new RejectedFile(file.Path, refused.Message));
            return null;
        }
    }
}
