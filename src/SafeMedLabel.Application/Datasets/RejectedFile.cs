namespace SafeMedLabel.Application.Datasets;

/// <summary>A file that was not taken, and why.</summary>
/// <param name="Path">Below the source.</param>
/// <param name="Reason">One sentence.</param>
public sealed record RejectedFile(string Path, string Reason);
