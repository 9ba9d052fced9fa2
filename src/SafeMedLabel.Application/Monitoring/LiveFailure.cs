namespace SafeMedLabel.Application.Monitoring;

/// <summary>An image drawn at random from the pool that a round's model had got wrong and been sure of, as readers then said.</summary>
/// <param name="Image">What the model had said, and what the readers' labels come to.</param>
/// <param name="Readings">How many readers give which class; null for 'unreadable'. The most frequent first.</param>
/// <param name="ReadUtc">When the last of them did, UTC.</param>
public sealed record LiveFailure(CheckedImage Image, IReadOnlyList<(int? ClassIndex, int Readers)> Readings, DateTime ReadUtc);
