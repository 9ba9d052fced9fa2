using System.Globalization;
using CsvHelper;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets.Patches;

/// <summary>
/// Cuts a data set's large pictures, such as whole slides, into square patches by a grid, from the top left; those at the right and lower edge are as
/// small as what is left, or left out where less than <see cref="MinSize"/> / 2 is. Smaller pictures stay as they are. What comes out is a data set of its own, which is imported as any other: a patch is of its
/// picture's class, patient, site and split.
/// </summary>
/// <param name="size">Pixels a side.</param>
public sealed class PatchCutter(int size)
{
    /// <summary>The smallest patch.</summary>
    public const int MinSize = 32;

    /// <summary>The largest patch.</summary>
    public const int MaxSize = 2048;

    /// <summary>The longest side of a slide.</summary>
    public const int MaxSlideSide = 500_000;

    /// <summary>The least standard deviation of a patch's brightness, of 255, that something is on it. A choice: no slide was at hand to measure it on.</summary>
    public const double LeastContrast = 4;

    private const long MaxStripPixels = 300_000_000;

    /// <summary>Cuts.</summary>
    /// <param name="sourcePath">A folder, zip or manifest.</param>
    /// <param name="patients">What names tell.</param>
    /// <param name="folder">Where the patches are to lie; what is there is replaced, unless it is whole.</param>
    /// <param name="progress">Hears after each picture how many of how many are done.</param>
    /// <param name="cancellationToken">Stops between two strips.</param>
    /// <exception cref="DatasetException">The source cannot be read, or there would be more patches than a data set may have files.</exception>
    public PatchSet Cut(string sourcePath, PatientPattern patients, string folder, Action<int, int> progress, CancellationToken cancellationToken = default)
    {
        if (PatchSet.In(folder) is { } whole)
        {
            return whole;
        }

        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        using var source = DatasetSource.Open(sourcePath, SourceLimits.Slides);
        var reader = new DatasetReader(source, patients);
        var rejected = source.Rejected.ToList();
        using var text = new StreamWriter(Path.Combine(folder, "manifest.csv"));
        using var manifest = new CsvWriter(text, SafeCsv.Configuration);
        manifest.WriteRow("path", "label", "patient", "site", "split");
        var taken = new Taken(folder, manifest);
        foreach (var (index, file) in source.Files.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                taken.Add(file, reader.PatientOf(file), PatchesOf(file, Path.Combine(folder, ".unpacked"), cancellationToken));
            }
            catch (ImageRejectedException refused)
            {
                rejected.Add(new RejectedFile(file.Path, refused.Message));
            }

            progress(index + 1, source.Files.Count);
        }

        manifest.Flush();
        if (source.IsSynthetic)
        {
            File.WriteAllBytes(Path.Combine(folder, SourceLayout.SyntheticMarker), []);
        }

        var set = new PatchSet(taken.Cut, taken.Patches, taken.Blank, rejected);
        set.Mark(folder);
        return set;
    }

    /// <summary>A picture's patches, or the picture itself where it is no larger than one.</summary>
    private IEnumerable<Patch> PatchesOf(SourceFile file, string scratch, CancellationToken cancellationToken)
    {
        if (file.Length <= SourceLimits.Default.MaxFileLength)
        {
            var bytes = file.Read();
            if (WholeOf(bytes) is { } image)
            {
                return image.Width <= size && image.Height <= size ? [new Patch(null, bytes)] : PatchesOf([image], cancellationToken);
            }
        }

        return OfSlide(file, scratch, cancellationToken);
    }

    /// <summary>The picture; null where it is too large to be held, and must be read in strips.</summary>
    private static DecodedImage? WholeOf(byte[] bytes)
    {
        try
        {
            return ImageDecoder.Decode(bytes);
        }
        catch (ImageRejectedException refused) when (refused.IsTooLarge && ImageFormats.Detect(bytes) == ImageFormat.Tiff)
        {
            return null;
        }
    }

    private IEnumerable<Patch> OfSlide(SourceFile file, string scratch, CancellationToken cancellationToken)
    {
        try
        {
            var path = file.OnDisk(scratch);
            RequireTiff(path);
            foreach (var patch in PatchesOf(VipsReader.ReadTiffStrips(path, size, RequireSlide), cancellationToken))
            {
                yield return patch;
            }
        }
        finally
        {
            File.Delete(scratch);
        }
    }

    private static void RequireTiff(string path)
    {
        Span<byte> beginning = stackalloc byte[16];
        using var file = File.OpenRead(path);
        if (ImageFormats.Detect(beginning[..file.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)]) != ImageFormat.Tiff)
        {
            throw new ImageRejectedException($"{SourceLimits.Default.TooLong} Only a TIFF may be, which is cut strip by strip.");
        }
    }

    private void RequireSlide(long width, long height)
    {
        if (width > MaxSlideSide || height > MaxSlideSide || width * size > MaxStripPixels)
        {
            throw new ImageRejectedException(FormattableString.Invariant($"The picture is {width} × {height} pixels: too large to be cut into patches of {size}."));
        }
    }

    private IEnumerable<Patch> PatchesOf(IEnumerable<DecodedImage> strips, CancellationToken cancellationToken)
    {
        var above = 0;
        foreach (var strip in strips)
        {
            foreach (var (left, top) in from top in Enumerable.Range(0, (strip.Height + size - 1) / size) from left in Enumerable.Range(0, (strip.Width + size - 1) / size) select (left * size, top * size))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (width, height) = (Math.Min(size, strip.Width - left), Math.Min(size, strip.Height - top));
                // What is left at an edge may be too narrow to show anything.
                if (width >= MinSize / 2 && height >= MinSize / 2)
                {
                    yield return new Patch(
                        string.Create(CultureInfo.InvariantCulture, $"x{left:D6}-y{above + top:D6}"),
                        IsBlank(strip, left, top, width, height) ? null : PngEncoder.Encode(strip, left, top, width, height));
                }
            }

            above += strip.Height;
        }
    }

    private static bool IsBlank(DecodedImage image, int left, int top, int width, int height)
    {
        var (sum, squares) = (0.0, 0.0);
        for (var y = top; y < top + height; y++)
        {
            for (int x = 0, at = 3 * ((y * image.Width) + left); x < width; x++, at += 3)
            {
                var luma = (0.299 * image.Rgb[at]) + (0.587 * image.Rgb[at + 1]) + (0.114 * image.Rgb[at + 2]);
                sum += luma;
                squares += luma * luma;
            }
        }

        var count = width * height;
        return (squares / count) - (sum / count * (sum / count)) < LeastContrast * LeastContrast;
    }

    /// <summary>A patch.</summary>
    /// <param name="Place">Where it lies in its picture; null of a picture that is not cut.</param>
    /// <param name="Bytes">The file; null where nothing is on it.</param>
    private readonly record struct Patch(string? Place, byte[]? Bytes);

    /// <summary>What is on the disk so far.</summary>
    private sealed class Taken(string folder, CsvWriter manifest)
    {
        public int Cut { get; private set; }

        public int Patches { get; private set; }

        public int Blank { get; private set; }

        /// <summary>Writes the patches of a picture, or the picture.</summary>
        public void Add(SourceFile file, string patient, IEnumerable<Patch> patches)
        {
            var before = Patches;
            foreach (var patch in patches)
            {
                if (patch.Bytes is null)
                {
                    Blank++;
                    continue;
                }

                if (patch.Place is not null)
                {
                    Cut += Patches == before ? 1 : 0;
                    Patches++;
                }

                if (Patches > SourceLimits.Default.MaxFiles)
                {
                    throw new DatasetException(FormattableString.Invariant($"There would be more than {SourceLimits.Default.MaxFiles:N0} patches; cut larger ones."));
                }

                var path = patch.Place is null ? file.Path : $"{file.Path}/{patch.Place}.png";
                Write(path, patch.Bytes);
                manifest.WriteRow(path, file.ClassName, patient, file.Site, file.Split is { } split ? ExportText.Of(split) : null);
            }
        }

        /// <summary>In a zip may be called what no two files on a disk can be.</summary>
        private void Write(string path, byte[] bytes)
        {
            var full = Path.Combine(folder, path);
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                File.WriteAllBytes(full, bytes);
            }
            catch (PathTooLongException tooLong)
            {
                throw new ImageRejectedException("Its name is too long for this disk.", tooLong);
            }
            catch (IOException taken) when (IsBelowAFile(full))
            {
                throw new ImageRejectedException("Its folder is called as another file is.", taken);
            }
        }

        private bool IsBelowAFile(string full)
        {
            for (var above = Path.GetDirectoryName(full)!; above.Length > folder.Length; above = Path.GetDirectoryName(above)!)
            {
                if (File.Exists(above))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
