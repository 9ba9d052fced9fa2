using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Core.Safety;

/// <summary>
/// The two-layer filter of SafeMed-SSL: decides whether an unlabelled image's pseudo-label may be trained on, and with what weight.
/// </summary>
/// <remarks>
/// For two classes u ≤ 2·p̄(1−p̄)·T/(T−1): with T = 10 the published limit of 0.2 cannot reject an image whose mean confidence exceeds
/// 0.90, and the weight rejects nothing. Count how often each layer acts before trusting it.
/// </remarks>
/// <param name="options">The filter's constants; those of the published method where left out.</param>
public sealed class SafetyFilter(SafetyFilterOptions? options = null)
{
    private readonly SafetyFilterOptions _options = options ?? new SafetyFilterOptions();

    /// <summary>Decides on one image. An uncertainty that is not a number is not below the limit: such an image is rejected.</summary>
    /// <param name="passes">At least two stochastic passes over the weakly augmented image.</param>
    /// <exception cref="InvalidOperationException">There is only one pass.</exception>
    public FilterDecision Decide(StochasticPasses passes)
    {
        var mean = new double[passes.Classes];
        passes.Mean(mean);
        var confidence = mean.Max();
        var pseudoLabel = Math.Max(0, Array.IndexOf(mean, confidence));
        var uncertainty = passes.Uncertainty();
        var weight = 1 / (1 + Math.Exp(-_options.Gamma * (confidence - _options.ConfidenceMidpoint)));
        var accepted = uncertainty < _options.UncertaintyLimit;
        return new FilterDecision(pseudoLabel, confidence, uncertainty, weight, accepted ? weight : 0, accepted);
    }
}
