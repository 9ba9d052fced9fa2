namespace SafeMedLabel.Application.Exports;

/// <summary>What an export came to.</summary>
/// <param name="Images">Images in it.</param>
/// <param name="Readings">Readings in it.</param>
/// <param name="Bytes">Size of its file.</param>
public sealed record ExportSummary(int Images, int Readings, long Bytes);
