using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What is wrong with a project's split, and whether another would be better.</summary>
/// <param name="Thin">The classes of which the test or the calibration set has too little; empty where nothing is wrong.</param>
/// <param name="Better">Shares with which both would have enough; null where no split of these patients does.</param>
/// <param name="WhyFixed">Why the split stays as it is, as a sentence; null while it can be changed.</param>
public sealed record SplitAdvice(IReadOnlyList<ThinClass> Thin, SplitFractions? Better, string? WhyFixed);
