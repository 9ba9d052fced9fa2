namespace SafeMedLabel.Core.Splitting;

/// <summary>A patient to be assigned.</summary>
/// <param name="Name">The patient's name.</param>
/// <param name="Counts">Number of images of each class.</param>
internal sealed record SplitPatient(string Name, int[] Counts);
