using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What is wrong with a project's split, and whether another would be better.</summary>
/// <param name="Thin">The classes of which the test or the calibration set has too little; empty where nothing is wrong.</param>
/// <param name="Better">Shares with which both would have enough; null where no split of these patients does.</param>
/// <param name="CanChange">False once somebody has read an image or a round was started: the split stays then.</param>
public sealed record SplitAdvice(IReadOnlyList<ThinClass> Thin, SplitFractions? Better, bool CanChange);
