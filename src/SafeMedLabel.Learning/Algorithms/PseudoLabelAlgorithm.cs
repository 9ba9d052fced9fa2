using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>
/// The frame that FixMatch (Sohn et al. 2020) and SafeMed-SSL share: the teacher's pseudo-labels from weakly augmented images, a
/// weight for each, and the student's loss on strongly augmented ones, averaged over the whole unlabelled batch. They differ in the
/// weight.
/// </summary>
/// <param name="views">How images are changed for each of the three.</param>
public abstract class PseudoLabelAlgorithm(Views views) : IAlgorithm
{
    /// <inheritdoc />
    public bool UsesUnlabelled => true;

    /// <inheritdoc />
    public virtual double? BeginEpoch(ResNet18 teacher, TrainingData data, SeededRandom random) => null;

    /// <inheritdoc />
    public StepLoss Step(ResNet18 student, ResNet18 teacher, Tensor labelled, Tensor labels, Tensor? unlabelled, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        if (unlabelled is null)
        {
            return new SupervisedAlgorithm(views.Labelled).Step(student, teacher, labelled, labels, null, generator);
        }

        var pseudo = Label(teacher, Augmenter.Normalise(Augmenter.Apply(views.Teacher, unlabelled, generator)), generator);

        // One pass over both: batch norm then sees one mixed batch instead of two that differ in style.
        var count = labelled.shape[0];
        var both = cat([Augmenter.Apply(views.Labelled, labelled, generator), Augmenter.Apply(views.Student, unlabelled, generator)], 0);
        var logits = student.ForwardWithDropout(Augmenter.Normalise(both), generator);
        var supervised = nn.functional.cross_entropy(logits.slice(0, 0, count, 1), labels);
        var each = nn.functional.cross_entropy(logits.slice(0, count, logits.shape[0], 1), pseudo.Classes, reduction: nn.Reduction.None);
        return new StepLoss(supervised, (each * pseudo.Weights).mean(), pseudo);
    }

    /// <summary>Pseudo-labels from the features of weakly augmented images, [N, 512].</summary>
    protected abstract PseudoLabels Judge(ResNet18 teacher, Tensor features, Generator generator);

    /// <summary>Batch norm in evaluation mode and no gradient: looking at unlabelled images must not change the network.</summary>
    private PseudoLabels Label(ResNet18 teacher, Tensor weak, Generator generator)
    {
        using var noGradient = no_grad();
        var wasTraining = teacher.training;
        teacher.eval();
        try
        {
            return Judge(teacher, teacher.Features(weak), generator);
        }
        finally
        {
            teacher.train(wasTraining);
        }
    }
}

/// <summary>How the images are changed before each use.</summary>
/// <param name="Labelled">Those that the supervised loss sees.</param>
/// <param name="Teacher">Those that the pseudo-labels come from.</param>
/// <param name="Student">Those that the unlabelled loss sees.</param>
public sealed record Views(AugmentationKind Labelled, AugmentationKind Teacher, AugmentationKind Student);
