namespace SafeMedLabel.Core.Splitting;

/// <summary>A part that patients are assigned to.</summary>
/// <param name="Fraction">The share of the images that it should get, above zero.</param>
/// <param name="MissingClassPenalty">The cost of each class of which it has no image.</param>
internal readonly record struct SplitPart(double Fraction, double MissingClassPenalty);
