namespace SafeMedLabel.Core.Safety;

/// <summary>
/// The last pseudo-label of each of some images in an epoch, and the filter's verdict on it: what can be held against the experts' labels
/// once they have read these images.
/// </summary>
public sealed class PseudoLabelTrace
{
    private const int BytesPerImage = 2;
    private readonly byte[] _bytes;

    /// <summary>Nothing judged yet, of so many images.</summary>
    public PseudoLabelTrace(int images)
        : this(new byte[BytesPerImage * images])
    {
    }

    private PseudoLabelTrace(byte[] bytes) => _bytes = bytes;

    /// <summary>Images.</summary>
    public int Count => _bytes.Length / BytesPerImage;

    /// <summary>One that was kept as <see cref="ToBytes"/> gave it.</summary>
    /// <exception cref="ArgumentException">These bytes are none.</exception>
    public static PseudoLabelTrace FromBytes(ReadOnlySpan<byte> bytes)
    {
        var trace = new PseudoLabelTrace(bytes.ToArray());
        return bytes.Length % BytesPerImage == 0 && Enumerable.Range(0, trace.Count).All(image => trace.Verdict(image) <= FilterVerdict.Accepted)
            ? trace
            : throw new ArgumentException("These are not two bytes an image, of which the first is a verdict.", nameof(bytes));
    }

    /// <summary>Two bytes an image: the verdict and the class.</summary>
    public byte[] ToBytes() => [.. _bytes];

    /// <summary>The verdict on an image's pseudo-label.</summary>
    public FilterVerdict Verdict(int image) => (FilterVerdict)_bytes[BytesPerImage * image];

    /// <summary>Its class; without meaning where there was no verdict.</summary>
    public int ClassIndex(int image) => _bytes[(BytesPerImage * image) + 1];

    /// <summary>Notes a pseudo-label, in the place of an earlier one.</summary>
    /// <param name="image">0-based.</param>
    /// <param name="verdict">What the filter made of it.</param>
    /// <param name="classIndex">0 to 255.</param>
    public void Note(int image, FilterVerdict verdict, int classIndex)
    {
        _bytes[BytesPerImage * image] = (byte)verdict;
        _bytes[(BytesPerImage * image) + 1] = checked((byte)classIndex);
    }

    /// <summary>Counts the pseudo-labels of the images whose class is known, and the wrong ones among them. Weights are not kept: their sum is 0.</summary>
    /// <param name="known">Image and class.</param>
    public FilterLedger Against(IEnumerable<(int Image, int ClassIndex)> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        return known.Aggregate(default(FilterLedger), (sum, k) => sum + Of(Verdict(k.Image), ClassIndex(k.Image) == k.ClassIndex ? 0 : 1));
    }

    private static FilterLedger Of(FilterVerdict verdict, int wrong) => verdict switch
    {
        FilterVerdict.Accepted => new FilterLedger(1, 0, 0, 0, wrong, 0),
        FilterVerdict.Uncertain => new FilterLedger(0, 1, 0, 0, 0, wrong),
        FilterVerdict.Unsure => new FilterLedger(0, 0, 1, 0, 0, wrong),
        _ => default,
    };
}
