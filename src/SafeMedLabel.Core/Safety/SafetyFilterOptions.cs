namespace SafeMedLabel.Core.Safety;

/// <summary>Constants of the two-layer safety filter; the defaults are those of the published method.</summary>
/// <param name="UncertaintyLimit">First layer: an image is discarded where its uncertainty reaches this.</param>
/// <param name="Gamma">Second layer: steepness γ of the weight.</param>
/// <param name="ConfidenceMidpoint">Second layer: mean confidence τ_min that is weighed one half.</param>
public sealed record SafetyFilterOptions(double UncertaintyLimit = 0.2, double Gamma = 5, double ConfidenceMidpoint = 0.7);
