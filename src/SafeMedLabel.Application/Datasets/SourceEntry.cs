namespace SafeMedLabel.Application.Datasets;

/// <summary>A file as the folder or zip lists it.</summary>
/// <param name="Path">With <c>/</c> between its parts.</param>
/// <param name="Length">Bytes, as stated.</param>
/// <param name="Place">Where a zip's directory has it; 0 in a folder.</param>
/// <param name="Refusal">Why it must not be read; null where it may.</param>
internal sealed record SourceEntry(string Path, long Length, long Place = 0, string? Refusal = null);
