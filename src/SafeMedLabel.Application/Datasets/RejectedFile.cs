namespace SafeMedLabel.Application.Datasets;

/// <summary>A file that was not taken, and why.</summary>
/// <param name="Path">Below the source; of a long one its beginning and its end.</param>
/// <param name="Reason">One sentence.</param>
public sealed record RejectedFile(string Path, string Reason)
{
    /// <summary>Longest path that is shown whole: there may be many of them, and a zip may call its files what it likes.</summary>
    private const int ShownAtEachEnd = (SourcePath.MaxLength / 2) - 1;

    /// <summary>Below the source; of a long one its beginning and its end.</summary>
    public string Path { get; } = Path.Length <= SourcePath.MaxLength ? Path : $"{Path[..ShownAtEachEnd]}…{Path[^ShownAtEachEnd..]}";
}
