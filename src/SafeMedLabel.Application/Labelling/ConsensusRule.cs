namespace SafeMedLabel.Application.Labelling;

/// <summary>How several readers' answers become a label.</summary>
public enum ConsensusRule
{
    /// <summary>The class that more than half of them chose.</summary>
    Majority,

    /// <summary>The class that is probable enough, where each reader counts as much as their answers to images of known class say.</summary>
    Weighted,
}
