using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>The two-layer filter of SafeMed-SSL on batches. Probabilities of stochastic passes are [T, N, K].</summary>
public static class SafetyFilter
{
    /// <summary>Pseudo-labels of the greatest mean probability, and what both layers make of them.</summary>
    /// <param name="probabilities">[T, N, K], T ≥ 2.</param>
    /// <param name="options">The filter.</param>
    /// <param name="limit">The first layer's limit. An uncertainty that is not a number is not below it.</param>
    public static PseudoLabels Judge(Tensor probabilities, SafetyFilterOptions options, double limit)
    {
        var (confidence, classes) = probabilities.mean([0]).max(1);
        var certain = Uncertainty(probabilities, options.Measure).IsLessThan(limit);
        var weight = options.HardWeight
            ? confidence.IsAtLeast(options.ConfidenceMidpoint).to(ScalarType.Float32)
            : confidence.Minus(options.ConfidenceMidpoint).Times(options.Gamma).sigmoid();
        return new PseudoLabels(classes, weight * certain.to(ScalarType.Float32), certain);
    }

    /// <summary>The uncertainty of each image, [N].</summary>
    public static Tensor Uncertainty(Tensor probabilities, UncertaintyMeasure measure) => measure switch
    {
        UncertaintyMeasure.Variance => probabilities.var(0, unbiased: true).sum(1),
        UncertaintyMeasure.Bald => Entropy(probabilities.mean([0])) - Entropy(probabilities).mean([0]),
        _ => probabilities.mean([0]).amax([1]).SubtractedFrom(1),
    };

    /// <summary>Over the last axis, in nats; 0·ln 0 is 0.</summary>
    private static Tensor Entropy(Tensor probabilities) => special.entr(probabilities).sum(-1);
}
