namespace SafeMedLabel.Application.Predictions;

/// <summary>A model's file, and what must be in it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Hash">SHA-256 of the file as its round left it, 64 lower-case hexadecimal digits. A file of another hash is not used.</param>
public sealed record SealedModel(string Path, string Hash);
