namespace SafeMedLabel.Core.Acquisition;

/// <summary>How urgently an image asks for a label. Higher scores are asked sooner.</summary>
public enum AcquisitionFunction
{
    /// <summary>Mutual information between prediction and weights, H(p̄) − mean H(p_t) (Houlsby et al. 2011).</summary>
    Bald,

    /// <summary>Predictive entropy H(p̄).</summary>
    Entropy,

    /// <summary>Sum over classes of the passes' unbiased variance.</summary>
    Variance,

    /// <summary>1 − max p̄.</summary>
    LeastConfidence,

    /// <summary>Negative gap between the two likeliest classes.</summary>
    Margin,

    /// <summary>A fair lot drawn from the seed and the image's content hash.</summary>
    Random,
}
