namespace SafeMedLabel.Application.Labelling;

/// <summary>Why a reader was shown an image that they have answered. It says nothing of what the model takes it for.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Rank">Its place by uncertainty, from 1; null where no round had ranked it.</param>
/// <param name="Ranked">Images that were ranked with it.</param>
/// <param name="Score">The acquisition score behind the rank.</param>
/// <param name="RoundNumber">The round that ranked it; null before the first.</param>
/// <param name="RankedUtc">When.</param>
public sealed record WhyShown(QueueReason Reason, int? Rank, int Ranked, double? Score, int? RoundNumber, DateTime? RankedUtc);
