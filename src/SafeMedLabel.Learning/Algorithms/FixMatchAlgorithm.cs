using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>FixMatch (Sohn et al. 2020): a pseudo-label counts fully where its probability reaches a threshold, and not at all elsewhere.</summary>
/// <param name="views">How images are changed.</param>
/// <param name="threshold">The probability, 0.95 in the paper.</param>
public sealed class FixMatchAlgorithm(Views views, double threshold = 0.95) : PseudoLabelAlgorithm(views)
{
    /// <inheritdoc />
    protected override PseudoLabels Judge(ResNet18 teacher, Tensor features, Generator generator)
    {
        var (confidence, classes) = teacher.Head.forward(features).softmax(1).max(1);
        // Its only layer is the confidence: the first lets all through.
        return new PseudoLabels(classes, confidence.IsAtLeast(threshold).to(ScalarType.Float32), ones_like(classes, dtype: ScalarType.Bool));
    }
}
