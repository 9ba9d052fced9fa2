namespace SafeMedLabel.Application.Labelling;

/// <summary>Why a reader was shown an image that they have answered. It says nothing of what the model takes it for.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Rank">Its place by uncertainty, from 1; null where no round had ranked it, or where a live ranking showed it.</param>
/// <param name="Ranked">Images that were ranked with it.</param>
/// <param name="Score">The acquisition score behind the rank.</param>
/// <param name="RoundNumber">The round that ranked it; null before the first.</param>
/// <param name="RankedUtc">When.</param>
public sealed record WhyShown(QueueReason Reason, int? Rank, int Ranked, double? Score, int? RoundNumber, DateTime? RankedUtc)
{
    /// <summary>
    /// What the score was reckoned from: the probability, in 255ths, that each pass gave the class which all of them together took for the
    /// most probable. Which class that is, they do not say. Empty where no round had ranked it, or a later one has since.
    /// </summary>
    public IReadOnlyList<byte> Passes { get; init; } = [];
}
