using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Application.Rounds;

/// <summary>Which labels and pixels of a project are read for a training.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="LabelSnapshot">The last label event that counts.</param>
/// <param name="Consensus">How several readers' answers become a label.</param>
/// <param name="ImageSize">Side of the training pixels.</param>
public sealed record RoundScope(int ProjectId, long LabelSnapshot, ConsensusRule Consensus, int ImageSize);
