using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>Cross-entropy on the labelled images. The pool is not looked at.</summary>
/// <param name="augmentation">How the images are changed.</param>
public sealed class SupervisedAlgorithm(AugmentationKind augmentation) : IAlgorithm
{
    /// <inheritdoc />
    public bool UsesUnlabelled => false;

    /// <inheritdoc />
    public double? BeginEpoch(ResNet18 teacher, TrainingData data, SeededRandom random) => null;

    /// <inheritdoc />
    public StepLoss Step(ResNet18 student, ResNet18 teacher, Tensor labelled, Tensor labels, Tensor? unlabelled, Generator generator)
    {
        var images = Augmenter.Normalise(Augmenter.Apply(augmentation, labelled, generator));
        return new StepLoss(nn.functional.cross_entropy(student.ForwardWithDropout(images, generator), labels), null, null);
    }
}
