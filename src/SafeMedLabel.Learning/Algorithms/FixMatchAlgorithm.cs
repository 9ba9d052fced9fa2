using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>FixMatch (Sohn et al. 2020): a pseudo-label counts fully where its probability reaches a threshold, and not at all elsewhere.</summary>
public sealed class FixMatchAlgorithm(double threshold = 0.95) : PseudoLabelAlgorithm
{
    /// <inheritdoc />
    public override string Name => "fixmatch";

    /// <inheritdoc />
    protected override (Tensor Classes, Tensor Weights) Judge(ResNet18 network, Tensor features, Generator generator)
    {
        var (confidence, classes) = network.Head.forward(features).softmax(1).max(1);
        return (classes, confidence.ge(threshold).to(ScalarType.Float32));
    }
}
