namespace SafeMedLabel.Application.Cleaning;

/// <summary>What a cleaning took out of a storage, or would.</summary>
/// <param name="Counts">By kind; kinds of which nothing was taken out are left out.</param>
/// <param name="IsHeld">True where not all could be looked at, because a backup was reading the storage.</param>
public sealed record CleaningReport(IReadOnlyList<CleaningCount> Counts, bool IsHeld)
{
    /// <summary>How many files, of all kinds.</summary>
    public int Files => Counts.Sum(c => c.Files);

    /// <summary>How many bytes they had.</summary>
    public long Bytes => Counts.Sum(c => c.Bytes);
}
