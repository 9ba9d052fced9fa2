namespace SafeMedLabel.Application.Rounds;

/// <summary>A round with what it left behind.</summary>
/// <param name="Round">The round.</param>
/// <param name="Epochs">Finished epochs in order.</param>
/// <param name="Thresholds">Silent-failure rate and coverage by threshold; empty before evaluation.</param>
/// <param name="RequestedBy">Display name of who started it; null when the program did.</param>
/// <param name="GateAgainst">Number of the round whose model the gate compared with; null where there was none.</param>
/// <param name="Before">The last completed round before this one; null where there is none.</param>
/// <param name="DataChanged">True where images came in after the round was measured: its certificate is no longer valid.</param>
public sealed record RoundDetail(
    Round Round, IReadOnlyList<RoundEpoch> Epochs, IReadOnlyList<RoundThreshold> Thresholds, string? RequestedBy, int? GateAgainst, Round? Before, bool DataChanged);
