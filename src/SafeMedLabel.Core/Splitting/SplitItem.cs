namespace SafeMedLabel.Core.Splitting;

/// <summary>An image, or some of one patient and class, as far as splitting is concerned.</summary>
/// <param name="Patient">Whom it comes from.</param>
/// <param name="ClassIndex">Its class from zero, or null where unknown.</param>
/// <param name="Images">How many there are, at least one.</param>
public readonly record struct SplitItem(string Patient, int? ClassIndex, int Images = 1);
