namespace SafeMedLabel.Application.Labelling;

/// <summary>An image that its readers read differently, and none of the readings by majority.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="Readings">A class, or null for 'unreadable', per reader; in an order that follows from the image and not from who they are.</param>
public sealed record DisputedImage(Guid ImageId, IReadOnlyList<int?> Readings);
