using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>Cross-entropy on the labelled images, weakly augmented. The pool is not looked at.</summary>
public sealed class SupervisedAlgorithm : IAlgorithm
{
    /// <inheritdoc />
    public string Name => "supervised";

    /// <inheritdoc />
    public bool UsesUnlabelled => false;

    /// <inheritdoc />
    public StepLoss Step(ResNet18 network, Tensor labelled, Tensor labels, Tensor? unlabelled, Generator generator)
    {
        var images = Augmenter.Normalise(Augmenter.Weak(labelled, generator));
        var logits = network.ForwardWithDropout(images, generator);
        return new StepLoss(nn.functional.cross_entropy(logits, labels), null, default);
    }
}
