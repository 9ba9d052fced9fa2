namespace SafeMedLabel.Application.Datasets;

/// <summary>What a data set's folders or its manifest make of it; the files are then in its <see cref="SourceCatalogue"/>.</summary>
/// <param name="Rejected">Refused by name or kind alone, ordered by path, ordinally.</param>
/// <param name="ClassNames">Ordered ordinally.</param>
/// <param name="IsSynthetic">Whether the data set marks itself as drawn by a program.</param>
/// <param name="Remarks">What was taken otherwise than it is written, as sentences.</param>
/// <param name="Readings">What readers said elsewhere of its pictures, the oldest first.</param>
internal sealed record SourceLayout(
    IReadOnlyList<RejectedFile> Rejected, IReadOnlyList<string> ClassNames, bool IsSynthetic, IReadOnlyList<string> Remarks, IReadOnlyList<BroughtReading> Readings)
{
    /// <summary>Name of the file by which a data set says that a program drew it.</summary>
    public const string SyntheticMarker = ".synthetic";

    /// <summary>Puts classes and refusals into order.</summary>
    public static SourceLayout Of(IEnumerable<RejectedFile> rejected, IEnumerable<string> classNames, bool isSynthetic, SourceRemarks remarks, ReadingTable? readings = null) => new(
        [.. rejected.Concat(readings?.Rejected ?? []).OrderBy(r => r.Path, StringComparer.Ordinal)],
        [.. classNames.Distinct().Order(StringComparer.Ordinal)],
        isSynthetic,
        remarks.Sentences,
        readings?.Readings ?? []);

    /// <summary>Whether the mark of drawn pictures lies in the folder <paramref name="root"/>, or in one around it.</summary>
    public static bool IsMarkedSynthetic(SourceCatalogue catalogue, IReadOnlyList<string> root) =>
        Enumerable.Range(0, root.Count + 1).Any(depth => catalogue.Find(string.Join('/', root.Take(depth).Append(SyntheticMarker))) is not null);

    /// <summary>Whether a file is what operating systems leave behind, or hidden.</summary>
    public static bool IsHidden(string part) =>
        part is "__MACOSX" ||
        (part.StartsWith('.') && part is not "." and not "..") ||
        part.Equals("Thumbs.db", StringComparison.OrdinalIgnoreCase) ||
        part.Equals("desktop.ini", StringComparison.OrdinalIgnoreCase);
}
