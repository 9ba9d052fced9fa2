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
    /// <param name="folder">Where the patches are to lie; what is there is replaced, unless it is whole and was cut from the same source in the same way.</param>
    /// <param name="progress">Hears after each picture how many of how many are done.</param>
    /// <param name="beat">Hears of each patch, for a slide alone may take hours.</param>
    /// <param name="cancellationToken">Stops between two patches.</param>
    /// <exception cref="DatasetException">The source cannot be read, or there would be more patches than a data set may have files.</exception>
    public PatchSet Cut(string sourcePath, PatientPattern patients, string folder, Action<int, int> progress, Action beat, CancellationToken cancellationToken = default)
    {
        var recipe = RecipeOf(sourcePath, patients);
        if (PatchSet.In(folder, recipe) is { } whole)
        {
            return whole;
        }

        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        using var source = DatasetSource.Open(sourcePath, scratchFolder: folder, cancellationToken: cancellationToken);
        var reader = new DatasetReader(source, patients);
        var rejected = source.Rejected.ToList();
        using var text = new StreamWriter(Path.Combine(folder, "manifest.csv"));
        using var manifest = new SafeCsvWriter(text);
        manifest.WriteRow("path", "label", "patient", "site", "split");
        var taken = new Taken(folder, manifest, beat);
        foreach (var (index, file) in source.Files.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                reader.EnsurePatient(file);
                taken.Add(file, reader.PatientOf(file), PatchesOf(file, cancellationToken));
            }
            catch (ImageRejectedException refused)
            {
                rejected.Add(new RejectedFile(file.Path, refused.Message));
            }

            progress(index + 1, source.FileCount);
        }

        manifest.Flush();
        if (source.IsSynthetic)
        {
            File.WriteAllBytes(Path.Combine(folder, SourceLayout.SyntheticMarker), []);
        }

        var set = new PatchSet(taken.Cut, taken.Patches, taken.Blank, rejected) { Recipe = recipe };
        set.Mark(folder);
        return set;
    }

    /// <summary>A folder is known by its place alone: what was looked at in it is what goes in.</summary>
    private string RecipeOf(string sourcePath, PatientPattern patients) => string.Create(
        CultureInfo.InvariantCulture,
        $"{size} {patients} {Path.GetFullPath(sourcePath)} {(new FileInfo(sourcePath) is { Exists: true } file ? $"{file.Length} {file.LastWriteTimeUtc.Ticks}" : "")}");

    /// <summary>A picture's patches, or the picture itself where it is no larger than one.</summary>
    private IEnumerable<Patch> PatchesOf(SourceFile file, CancellationToken cancellationToken)
    {
        using var content = file.Open(cancellationToken);
        foreach (var patch in PatchesOf(content, cancellationToken))
        {
            yield return patch;
        }
    }

    private IEnumerable<Patch> PatchesOf(FileContent content, CancellationToken cancellationToken)
    {
        if (ImageDecoder.SlideSize(content) is { } slide)
        {
            RequireSlide(slide);
            return PatchesOf(VipsReader.ReadTiffStrips(content, size), cancellationToken);
        }

        var image = ImageDecoder.DecodeWhole(content);
        return image.Width <= size && image.Height <= size ? [new Patch(null, content)] : PatchesOf([image], cancellationToken);
    }

    private void RequireSlide((int Width, int Height) slide)
    {
        if (slide.Width > MaxSlideSide || slide.Height > MaxSlideSide || (long)slide.Width * size > MaxStripPixels)
        {
            throw new ImageRejectedException(FormattableString.Invariant($"The picture is {slide.Width} × {slide.Height} pixels: too large to be cut into patches of {size}."));
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
                        IsBlank(strip, left, top, width, height) ? null : FileContent.Of(PngEncoder.Encode(strip, left, top, width, height)));
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
    /// <param name="Content">The file; null where nothing is on it.</param>
    private readonly record struct Patch(string? Place, FileContent? Content);

    /// <summary>What is on the disk so far.</summary>
    private sealed class Taken(string folder, CsvWriter manifest, Action beat)
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
                beat();
                if (patch.Content is null)
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
                Write(path, patch.Content);
                manifest.WriteRow(path, file.ClassName, patient, file.Site, file.Split is { } split ? ExportText.Of(split) : null);
            }
        }

        /// <summary>In a zip may be called what no two files on a disk can be.</summary>
        private void Write(string path, FileContent content)
        {
            var full = Path.Combine(folder, path);
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                using var file = File.Create(full);
                using var from = content.OpenRead();
                from.CopyTo(file);
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
