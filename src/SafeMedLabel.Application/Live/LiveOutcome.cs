namespace SafeMedLabel.Application.Live;

/// <summary>What came of a live ranking.</summary>
public enum LiveOutcome
{
    /// <summary>The queue was ranked, unless a round has ranked it meanwhile.</summary>
    Ranked,

    /// <summary>There are too few labels, or nothing to rank.</summary>
    TooFewLabels,

    /// <summary>Too few images have been read.</summary>
    TooFewFeatures,
}
