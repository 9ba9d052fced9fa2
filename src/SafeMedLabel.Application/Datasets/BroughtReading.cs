using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What a reader said elsewhere of a picture that is imported.</summary>
/// <param name="ContentHash">SHA-256 of the picture's file.</param>
/// <param name="Reader">Their pseudonym or name there.</param>
/// <param name="Answer">The class; null for 'unreadable'.</param>
/// <param name="Unaided">The class that they gave before they saw anything of a model's opinion; null where they gave none.</param>
/// <param name="AtUtc">When.</param>
/// <param name="Seconds">How long they looked.</param>
/// <param name="Aid">What they had seen of a model's opinion.</param>
/// <param name="Reason">Why they were shown the picture; <see cref="QueueReason.Adjudication"/> of what an adjudicator decided; null where nobody says.</param>
internal sealed record BroughtReading(string ContentHash, string Reader, string? Answer, string? Unaided, DateTime AtUtc, double Seconds, Aid Aid, QueueReason? Reason);
