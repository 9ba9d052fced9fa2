using System.Security.Cryptography;
using System.Text;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>An image of a loaded data set.</summary>
/// <param name="Path">Below the source.</param>
/// <param name="ContentHash">SHA-256 of its bytes.</param>
/// <param name="Patient">Its patient.</param>
/// <param name="ClassIndex">Position of its class's name.</param>
public sealed record LoadedImage(string Path, string ContentHash, string Patient, int ClassIndex)
{
    /// <summary>Its patient; null where nobody knows the patient.</summary>
    public string? KnownPatient => Patient == PatientPattern.Unknown ? null : Patient;
}

/// <summary>A data set on the command line, where no database is: its list, and its pixels in a file of their own.</summary>
public sealed class LoadedDataset : IDisposable
{
    private LoadedDataset(string pixelPath, int size)
    {
        PixelPath = pixelPath;
        Size = size;
    }

    /// <summary>Pixels; row i belongs to image i. Deleted with this object.</summary>
    public string PixelPath { get; }

    /// <summary>Side in pixels.</summary>
    public int Size { get; }

    /// <summary>Images in path order.</summary>
    public required IReadOnlyList<LoadedImage> Images { get; init; }

    /// <summary>Class names in index order.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Files left out.</summary>
    public required IReadOnlyList<RejectedFile> Rejected { get; init; }

    /// <summary>What was taken otherwise than it is written, as sentences.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>True when a program drew the images.</summary>
    public required bool IsSynthetic { get; init; }

    /// <summary>SHA-256 over contents and classes; the same set gives the same, wherever it lies.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', Images.Select(i => $"{i.ContentHash} {ClassNames[i.ClassIndex]}").Order(StringComparer.Ordinal)))));

    /// <summary>Reads and decodes a folder or archive.</summary>
    /// <exception cref="DatasetException">It is no data set, or no image in it can be read.</exception>
    public static LoadedDataset Load(string path, int size, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        using var source = DatasetSource.Open(path, cancellationToken: cancellationToken);
        if (source.ClassNames.Count < 2)
        {
            throw new DatasetException("The manifest gives fewer than two different labels.");
        }

        var reader = new DatasetReader(source, PatientPattern.Default);
        var pixelPath = Path.Combine(Path.GetTempPath(), $"safemed-{Guid.NewGuid():n}.pixels");
        var images = new List<LoadedImage>();
        var rejected = new List<RejectedFile>();
        using (var pixels = new PixelFile(pixelPath))
        {
            foreach (var batch in reader.Batches(file => ImageResizer.ToTrainingPixels(file.Picture.Pixels, size), cancellationToken: cancellationToken))
            {
                foreach (var image in batch.Images)
                {
                    if (image.ClassIndex is { } known)
                    {
                        pixels.Append(image.Derived);
                        images.Add(new LoadedImage(image.File.Path, image.ContentHash, image.Patient, known));
                    }
                    else
                    {
                        rejected.Add(new RejectedFile(image.File.Path, image.Contradiction is { } contradiction ? $"{contradiction}." : "The manifest gives it no label."));
                    }
                }

                rejected.AddRange(batch.Rejected);
                progress?.Report((double)batch.Processed / Math.Max(1, reader.Total));
            }

            if (images.Count == 0)
            {
                throw new DatasetException("None of the files is an image that can be read.");
            }

            pixels.Complete();
        }

        return new LoadedDataset(pixelPath, size) { Images = images, ClassNames = source.ClassNames, Rejected = rejected, Remarks = source.Remarks, IsSynthetic = source.IsSynthetic };
    }

    /// <inheritdoc />
    public void Dispose() => File.Delete(PixelPath);
}
