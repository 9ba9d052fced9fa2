namespace SafeMedLabel.Application.Monitoring;

/// <summary>What came of a suspicion.</summary>
public enum SuspicionState
{
    /// <summary>Nobody has sent the image.</summary>
    Unsent,

    /// <summary>It waits for a second reading.</summary>
    Waiting,

    /// <summary>A second reading says what the label says.</summary>
    Confirmed,

    /// <summary>A second reading says another class, or that the image cannot be read.</summary>
    Contradicted,

    /// <summary>An adjudicator has decided since; the last word.</summary>
    Decided,
}

/// <summary>A label that an audit suspects, as a page shows it.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="GivenClass">The experts' label.</param>
/// <param name="SuggestedClass">The class that the model suggests.</param>
/// <param name="GivenProbability">The model's probability of the label.</param>
/// <param name="SuggestedProbability">Its probability of the class that it suggests.</param>
/// <param name="State">What came of it.</param>
/// <param name="ReadClass">What the second reader or, where decided, the adjudicator says; null where nobody has, and for 'unreadable'.</param>
public sealed record SuspectedLabel(
    Guid ImageId, int GivenClass, int SuggestedClass, double GivenProbability, double SuggestedProbability, SuspicionState State, int? ReadClass);
