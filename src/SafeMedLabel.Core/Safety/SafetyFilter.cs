using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Core.Safety;

/// <summary>Constants of the two-layer filter; the defaults are the paper's.</summary>
/// <param name="UncertaintyLimit">A pseudo-label whose uncertainty u reaches this is discarded.</param>
/// <param name="Gamma">Steepness γ of the confidence weight.</param>
/// <param name="ConfidenceMidpoint">τ_min: the confidence at which the weight is one half.</param>
public sealed record SafetyFilterOptions(double UncertaintyLimit = 0.2, double Gamma = 5, double ConfidenceMidpoint = 0.7);

/// <summary>What the filter made of one unlabelled image.</summary>
/// <param name="PseudoLabel">argmax p̄.</param>
/// <param name="Confidence">max p̄.</param>
/// <param name="Uncertainty">u.</param>
/// <param name="Weight">σ(γ(max p̄ − τ_min)).</param>
/// <param name="Accepted">u is under the limit.</param>
public readonly record struct FilterDecision(int PseudoLabel, double Confidence, double Uncertainty, double Weight, bool Accepted)
{
    /// <summary>The weight that the loss uses: 0 when discarded.</summary>
    public double FinalWeight => Accepted ? Weight : 0;
}

/// <summary>
/// SafeMed-SSL's filter: layer one discards what the passes disagree on, layer two weighs the rest by confidence
/// (Chhetri, Kumar &amp; Das 2026).
/// </summary>
public static class SafetyFilter
{
    /// <summary>Decides one image.</summary>
    public static FilterDecision Decide(in StochasticPasses passes, SafetyFilterOptions options)
    {
        var (pseudoLabel, confidence) = passes.Prediction();
        var uncertainty = passes.Uncertainty();
        var weight = 1 / (1 + Math.Exp(-options.Gamma * (confidence - options.ConfidenceMidpoint)));
        return new FilterDecision(pseudoLabel, confidence, uncertainty, weight, uncertainty < options.UncertaintyLimit);
    }
}
