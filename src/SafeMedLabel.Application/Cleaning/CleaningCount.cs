namespace SafeMedLabel.Application.Cleaning;

/// <summary>What a cleaning took out of one kind of files.</summary>
/// <param name="Kind">The kind: 'content', 'uploads'.</param>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">How many bytes they had.</param>
public sealed record CleaningCount(string Kind, int Files, long Bytes);
