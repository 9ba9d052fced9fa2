using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>What a method does with one batch of labelled and one of unlabelled images; everything else is the trainer's.</summary>
public interface IAlgorithm
{
    /// <summary>Whether it learns from unlabelled images; where not, none are given to it.</summary>
    bool UsesUnlabelled { get; }

    /// <summary>
    /// Before an epoch's first step. What it sets follows from the teacher's weights, the data and the random numbers alone, so that a
    /// training that goes on after an interruption sets the same.
    /// </summary>
    /// <returns>The limit of uncertainty in this epoch; null where the method has none.</returns>
    double? BeginEpoch(ResNet18 teacher, TrainingData data, SeededRandom random);

    /// <summary>
    /// The loss of one step. Images are [N, 3, S, S], 0 to 1, not yet augmented; <paramref name="unlabelled"/> is null where the
    /// pool is empty or not used. The student is in training mode and is so again on return; the teacher may be the student.
    /// </summary>
    StepLoss Step(ResNet18 student, ResNet18 teacher, Tensor labelled, Tensor labels, Tensor? unlabelled, Generator generator);
}

/// <summary>The losses of a step, still on the graph, and the pseudo-labels behind the second.</summary>
/// <param name="Supervised">L_x, a scalar.</param>
/// <param name="Unlabelled">L_u, a scalar; null where there was none.</param>
/// <param name="Pseudo">Null where there was no unlabelled image.</param>
public sealed record StepLoss(Tensor Supervised, Tensor? Unlabelled, PseudoLabels? Pseudo);
