namespace SafeMedLabel.Core.Splitting;

/// <summary>One image, as far as splitting is concerned.</summary>
/// <param name="Patient">Whom it comes from.</param>
/// <param name="ClassIndex">Its class from zero, or null where unknown.</param>
public readonly record struct SplitItem(string Patient, int? ClassIndex);
