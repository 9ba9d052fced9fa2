namespace SafeMedLabel.Core.Acquisition;

/// <summary>What makes an image worth asking a reader about. For two classes entropy, least confidence and margin rank alike.</summary>
public enum AcquisitionFunction
{
    /// <summary>Mutual information of answer and weights: what the model does not know, rather than what cannot be known.</summary>
    Bald,

    /// <summary>Entropy of the mean probability.</summary>
    Entropy,

    /// <summary>Sum over classes of the variance over passes.</summary>
    Variance,

    /// <summary>One minus the greatest mean probability.</summary>
    LeastConfidence,

    /// <summary>One minus the difference of the two greatest mean probabilities.</summary>
    Margin,

    /// <summary>No preference: the baseline, and the audit of everything that a ranked queue never shows.</summary>
    Random,
}
