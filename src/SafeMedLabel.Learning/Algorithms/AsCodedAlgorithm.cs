using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>
/// SafeMed-SSL as its published code does it, against its own figure and text: no augmentation, no teacher, labelled and unlabelled
/// images in batches of their own, and stochastic passes in training mode. There batch norm normalises by the batch; its running
/// statistics, which the code updates at each of the T equal passes, are updated once.
/// </summary>
/// <param name="passes">T, 2 or more.</param>
/// <param name="filter">The filter, whose limit is a constant.</param>
public sealed class AsCodedAlgorithm(int passes, SafetyFilterOptions filter) : IAlgorithm
{
    /// <inheritdoc />
    public bool UsesUnlabelled => true;

    /// <inheritdoc />
    public double? BeginEpoch(ResNet18 teacher, TrainingData data, SeededRandom random) => filter.Limit.Level;

    /// <inheritdoc />
    public StepLoss Step(ResNet18 student, ResNet18 teacher, Tensor labelled, Tensor labels, Tensor? unlabelled, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(student);
        var supervised = nn.functional.cross_entropy(student.ForwardWithDropout(Augmenter.Normalise(labelled), generator), labels);
        if (unlabelled is null)
        {
            return new StepLoss(supervised, null, null);
        }

        var images = Augmenter.Normalise(unlabelled);
        var pseudo = Label(student, images, generator);
        var each = nn.functional.cross_entropy(student.ForwardWithDropout(images, generator), pseudo.Classes, reduction: nn.Reduction.None);
        return new StepLoss(supervised, (each * pseudo.Weights).mean(), pseudo);
    }

    private PseudoLabels Label(ResNet18 student, Tensor images, Generator generator)
    {
        using var noGradient = no_grad();
        var features = student.Features(images);
        var masks = student.Head.DrawMasks(generator, passes, features.shape[0]);
        return SafetyFilter.Judge(student.Head.ForwardWithDropout(features.unsqueeze(0), masks).softmax(2), filter, filter.Limit.Level);
    }
}
