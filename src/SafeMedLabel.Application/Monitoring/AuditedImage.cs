namespace SafeMedLabel.Application.Monitoring;

/// <summary>A labelled image, as far as a cross-validation is concerned.</summary>
/// <param name="Row">Its row in the pixel file.</param>
/// <param name="Patient">Its patient.</param>
/// <param name="ClassIndex">The class that it was given.</param>
public sealed record AuditedImage(int Row, string Patient, int ClassIndex);
