using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Application.Exports;

/// <summary>A reader's standing answer, as it leaves the program.</summary>
/// <param name="Reader">Their pseudonym or name.</param>
/// <param name="Answer">The class; null for 'unreadable'.</param>
/// <param name="Unaided">The class they gave before they saw anything of the model's opinion; null where they gave none.</param>
/// <param name="AtUtc">When it was stored.</param>
/// <param name="Seconds">How long the image was looked at.</param>
/// <param name="Aid">What they had seen of the model's opinion.</param>
/// <param name="Reason">Why they were shown the image.</param>
/// <param name="Round">Number of the round whose model ranked the queue then; null before the first.</param>
public sealed record ExportedReading(string Reader, string? Answer, string? Unaided, DateTime AtUtc, double Seconds, Aid Aid, QueueReason? Reason, int? Round);
