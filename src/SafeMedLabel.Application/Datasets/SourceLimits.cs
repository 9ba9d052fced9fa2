namespace SafeMedLabel.Application.Datasets;

/// <summary>What a data set may cost to read before a single picture is decoded.</summary>
/// <param name="MaxFiles">Most files, hidden ones included.</param>
/// <param name="MaxFileLength">Most bytes of one file.</param>
/// <param name="MaxCompressionRatio">Most bytes that one byte of a zip may unfold to, for files over a megabyte.</param>
public sealed record SourceLimits(int MaxFiles, long MaxFileLength, int MaxCompressionRatio)
{
    /// <summary>Two million files of at most 64 MiB, unfolding at most two hundredfold.</summary>
    public static SourceLimits Default { get; } = new(2_000_000, 64 << 20, 200);

    /// <summary>For pictures that are cut into patches: a file may have 16 GiB, for it is never read whole.</summary>
    public static SourceLimits Slides { get; } = Default with { MaxFileLength = 16L << 30 };

    /// <summary>Most bytes of a file that is read whole.</summary>
    internal int MaxWholeLength => (int)Math.Min(MaxFileLength, Default.MaxFileLength);

    internal string TooLong => FormattableString.Invariant($"The file is larger than {MaxFileLength >> 20} MiB.");
}
