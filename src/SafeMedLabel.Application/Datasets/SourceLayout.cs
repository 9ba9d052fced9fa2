namespace SafeMedLabel.Application.Datasets;

/// <summary>What a data set's folders or its manifest make of its files.</summary>
/// <param name="Files">Ordered by path, ordinally.</param>
/// <param name="Rejected">Refused by name or kind alone.</param>
/// <param name="ClassNames">Ordered ordinally.</param>
/// <param name="IsSynthetic">Whether the data set marks itself as drawn by a program.</param>
/// <param name="Readings">What readers said elsewhere of its pictures, the oldest first.</param>
internal sealed record SourceLayout(IReadOnlyList<SourceFile> Files, IReadOnlyList<RejectedFile> Rejected, IReadOnlyList<string> ClassNames, bool IsSynthetic, IReadOnlyList<BroughtReading> Readings)
{
    /// <summary>Name of the file by which a data set says that a program drew it.</summary>
    public const string SyntheticMarker = ".synthetic";

    /// <summary>Puts files and refusals into the order of their paths.</summary>
    public static SourceLayout Of(IEnumerable<SourceFile> files, IEnumerable<RejectedFile> rejected, IEnumerable<string> classNames, bool isSynthetic, ReadingTable? readings = null) => new(
        [.. files.OrderBy(f => f.Path, StringComparer.Ordinal)],
        [.. rejected.Concat(readings?.Rejected ?? []).OrderBy(r => r.Path, StringComparer.Ordinal)],
        [.. classNames.Distinct().Order(StringComparer.Ordinal)],
        isSynthetic,
        readings?.Readings ?? []);

    /// <summary>Whether a path is the mark of drawn pictures, by which <paramref name="root"/> or a folder around it is marked.</summary>
    public static bool MarksSynthetic(string path, ReadOnlySpan<string> root)
    {
        var parts = path.Split('/');
        return parts[^1] == SyntheticMarker && parts.Length - 1 <= root.Length && parts.AsSpan(0, parts.Length - 1).SequenceEqual(root[..(parts.Length - 1)]);
    }

    /// <summary>Whether a file is what operating systems leave behind, or hidden.</summary>
    public static bool IsHidden(string part) =>
        part is "__MACOSX" ||
        (part.StartsWith('.') && part is not "." and not "..") ||
        part.Equals("Thumbs.db", StringComparison.OrdinalIgnoreCase) ||
        part.Equals("desktop.ini", StringComparison.OrdinalIgnoreCase);
}
