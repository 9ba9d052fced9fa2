using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What a data set may cost to read before a single picture is decoded.</summary>
/// <param name="MaxFiles">Most files, hidden ones included.</param>
/// <param name="MaxFileLength">Most bytes of one file.</param>
/// <param name="MaxCompressionRatio">Most bytes that one byte of a zip may unfold to, for files over a megabyte.</param>
public sealed record SourceLimits(int MaxFiles, long MaxFileLength, int MaxCompressionRatio)
{
    /// <summary>
    /// Two million files, unfolding at most two hundredfold. Only a slide, which is never read whole, may have more than
    /// <see cref="FileContent.MaxHeld"/>: 16 GiB.
    /// </summary>
    public static SourceLimits Default { get; } = new(2_000_000, 16L << 30, 200);

    /// <summary>Most bytes of a file that is read whole.</summary>
    internal int MaxWholeLength => (int)Math.Min(MaxFileLength, FileContent.MaxHeld);

    /// <summary>Says that a file has more than <see cref="MaxFileLength"/>.</summary>
    internal string TooLong => FormattableString.Invariant($"The file is larger than {MaxFileLength >> 20} MiB.");

    /// <summary>Says that a file that is to be read whole has more than <see cref="MaxWholeLength"/>.</summary>
    internal string TooLongToHold => FormattableString.Invariant($"The file is larger than {MaxWholeLength >> 20} MiB.");
}
