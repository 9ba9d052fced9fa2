using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>
/// The frame that FixMatch (Sohn et al. 2020) and SafeMed-SSL share: pseudo-labels from weakly augmented images, a weight for
/// each, and their loss on strongly augmented ones, averaged over the whole unlabelled batch. They differ in the weight.
/// </summary>
public abstract class PseudoLabelAlgorithm : IAlgorithm
{
    /// <inheritdoc />
    public abstract string Name { get; }

    /// <inheritdoc />
    public bool UsesUnlabelled => true;

    /// <inheritdoc />
    public StepLoss Step(ResNet18 network, Tensor labelled, Tensor labels, Tensor? unlabelled, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (unlabelled is null)
        {
            return new SupervisedAlgorithm().Step(network, labelled, labels, null, generator);
        }

        var pseudo = Label(network, Augmenter.Normalise(Augmenter.Weak(unlabelled, generator)), generator);

        // One pass over both: batch norm then sees one mixed batch instead of two that differ in style.
        var count = labelled.shape[0];
        var both = cat([Augmenter.Weak(labelled, generator), Augmenter.Strong(unlabelled, generator)], 0);
        var logits = network.ForwardWithDropout(Augmenter.Normalise(both), generator);
        var supervised = nn.functional.cross_entropy(logits.slice(0, 0, count, 1), labels);
        var each = nn.functional.cross_entropy(logits.slice(0, count, logits.shape[0], 1), pseudo.Classes, reduction: nn.Reduction.None);
        return new StepLoss(supervised, (each * pseudo.Weights).mean(), Count(pseudo.Weights));
    }

    /// <summary>Classes and weights from class probabilities of stochastic passes or of one plain pass.</summary>
    protected abstract (Tensor Classes, Tensor Weights) Judge(ResNet18 network, Tensor features, Generator generator);

    /// <summary>Batch norm in evaluation mode and no gradient: looking at unlabelled images must not change the network.</summary>
    private (Tensor Classes, Tensor Weights) Label(ResNet18 network, Tensor weak, Generator generator)
    {
        using var noGradient = no_grad();
        network.eval();
        try
        {
            return Judge(network, network.Features(weak), generator);
        }
        finally
        {
            network.train();
        }
    }

    private static FilterLedger Count(Tensor weights)
    {
        var accepted = weights.gt(0).sum().ToInt64();
        return new FilterLedger(accepted, weights.shape[0] - accepted, weights.sum().ToDouble());
    }
}
