namespace SafeMedLabel.Core.Safety;

/// <summary>
/// The two-layer safety filter: which pseudo-labels may be trained on, and with what weight. The defaults are the published method's.
/// </summary>
/// <remarks>
/// For two classes u ≤ 2·p̄(1−p̄)·T/(T−1): with T = 10 the published limit of 0.2 cannot reject an image whose mean confidence exceeds
/// 0.90, and the weight rejects nothing. The ledger counts how often each layer acts.
/// </remarks>
public sealed record SafetyFilterOptions
{
    /// <summary>First layer: an image whose uncertainty reaches this is discarded.</summary>
    public FilterLimit Limit { get; init; } = FilterLimit.Constant(0.2);

    /// <summary>First layer: the uncertainty that is compared.</summary>
    public UncertaintyMeasure Measure { get; init; } = UncertaintyMeasure.Variance;

    /// <summary>
    /// Second layer: false weighs what is left by σ(γ·(max p̄ − τ_min)), as published, which discards nothing; true discards what is less
    /// confident than τ_min and weighs the others 1.
    /// </summary>
    public bool HardWeight { get; init; }

    /// <summary>Second layer: steepness γ of the soft weight.</summary>
    public double Gamma { get; init; } = 5;

    /// <summary>Second layer: mean confidence τ_min, which the soft weight weighs one half and the hard one begins at.</summary>
    public double ConfidenceMidpoint { get; init; } = 0.7;
}
