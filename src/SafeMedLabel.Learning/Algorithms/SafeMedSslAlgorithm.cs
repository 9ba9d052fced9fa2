using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>
/// SafeMed-SSL (Chhetri, Kumar &amp; Das 2026): T MC-Dropout passes give a mean and an uncertainty; layer one of the filter discards
/// the uncertain, layer two weighs the rest by confidence. The passes share the backbone's features: only the head has dropout.
/// </summary>
public sealed class SafeMedSslAlgorithm(int passes, SafetyFilterOptions filter) : PseudoLabelAlgorithm
{
    /// <inheritdoc />
    public override string Name => "safemed-ssl";

    /// <summary>The filter on tensors: probabilities [T, N, K] → pseudo-labels, uncertainty and final weight, each [N]. Rules as <see cref="SafetyFilter"/>.</summary>
    public static (Tensor Classes, Tensor Uncertainty, Tensor Weights) Filter(Tensor probabilities, SafetyFilterOptions filter)
    {
        var (confidence, classes) = probabilities.mean([0]).max(1);
        var uncertainty = probabilities.var(0, unbiased: true).sum(1);
        var weight = ((confidence - filter.ConfidenceMidpoint) * filter.Gamma).sigmoid();
        return (classes, uncertainty, weight * uncertainty.lt(filter.UncertaintyLimit).to(ScalarType.Float32));
    }

    /// <inheritdoc />
    protected override (Tensor Classes, Tensor Weights) Judge(ResNet18 network, Tensor features, Generator generator)
    {
        var masks = network.Head.DrawMasks(generator, passes, features.shape[0]);
        var probabilities = network.Head.ForwardWithDropout(features.unsqueeze(0), masks).softmax(2);
        var (classes, _, weights) = Filter(probabilities, filter);
        return (classes, weights);
    }
}
