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

    /// <summary>Bytes that any zip may unfold to, however small it is.</summary>
    public long PlausibleTotal { get; init; } = 4L << 30;

    /// <summary>Most bytes that one byte of a larger zip may unfold to, all its files taken together.</summary>
    public int MaxTotalRatio { get; init; } = 100;

    /// <summary>Longest time that one thread may spend on unpacking a zip of no size and no files.</summary>
    public TimeSpan UnpackingTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much more for each mebibyte of the zip: a slow network's disk brings so much.</summary>
    public TimeSpan UnpackingTimePerMebibyte { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How much more for each of its files.</summary>
    public TimeSpan UnpackingTimePerFile { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Most files, or lines of a table, that are left out with a reason each: with more, something else is wrong.</summary>
    public int MaxRejected { get; init; } = 200_000;

    /// <summary>Most different labels of a manifest: more are no classes.</summary>
    public int MaxLabels { get; init; } = 10_000;

    /// <summary>Most lines of a table of readings.</summary>
    public int MaxReadings { get; init; } = 4_000_000;

    /// <summary>Most bytes that a zip may unfold to.</summary>
    internal long MaxTotalLength(long zipLength) => Math.Max(PlausibleTotal, zipLength * MaxTotalRatio);

    /// <summary>Longest time that all threads together may spend on unpacking a zip.</summary>
    internal TimeSpan MaxUnpackingTime(long zipLength, int files) =>
        Environment.ProcessorCount * (UnpackingTime + (UnpackingTimePerMebibyte * (zipLength >> 20)) + (UnpackingTimePerFile * files));

    /// <summary>Says that more is left out than can be said.</summary>
    internal DatasetException TooManyRejected(RejectedFile first) =>
        new(FormattableString.Invariant($"More than {MaxRejected:N0} files cannot be taken; the first is '{first.Path}': {first.Reason}"));

    /// <summary>Most bytes of a file that is read whole.</summary>
    internal int MaxWholeLength => (int)Math.Min(MaxFileLength, FileContent.MaxHeld);

    /// <summary>Says that a file has more than <see cref="MaxFileLength"/>.</summary>
    internal string TooLong => FormattableString.Invariant($"The file is larger than {MaxFileLength >> 20} MiB.");

    /// <summary>Says that a file that is to be read whole has more than <see cref="MaxWholeLength"/>.</summary>
    internal string TooLongToHold => FormattableString.Invariant($"The file is larger than {MaxWholeLength >> 20} MiB.");
}
