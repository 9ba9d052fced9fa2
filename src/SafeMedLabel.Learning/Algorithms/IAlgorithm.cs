using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>What a method does with one batch of labelled and one of unlabelled images; everything else is the trainer's.</summary>
public interface IAlgorithm
{
    /// <summary>The name by which it is asked for.</summary>
    string Name { get; }

    /// <summary>Whether it learns from unlabelled images; where not, none are given to it.</summary>
    bool UsesUnlabelled { get; }

    /// <summary>
    /// The loss of one step. Images are [N, 3, S, S], 0 to 1, not yet augmented; <paramref name="unlabelled"/> is null where the
    /// pool is empty or not used. The network is in training mode and is so again on return.
    /// </summary>
    StepLoss Step(ResNet18 network, Tensor labelled, Tensor labels, Tensor? unlabelled, Generator generator);
}

/// <summary>The losses of a step, still on the graph, and what became of its pseudo-labels.</summary>
/// <param name="Supervised">L_x, a scalar.</param>
/// <param name="Unlabelled">L_u, a scalar; null where there was none.</param>
/// <param name="Ledger">The filter's counts.</param>
public sealed record StepLoss(Tensor Supervised, Tensor? Unlabelled, FilterLedger Ledger);

/// <summary>How many pseudo-labels a filter let through and how many it stopped.</summary>
/// <param name="Accepted">Let through.</param>
/// <param name="Rejected">Stopped.</param>
/// <param name="WeightSum">Sum of the weights of those let through.</param>
public readonly record struct FilterLedger(long Accepted, long Rejected, double WeightSum)
{
    /// <summary>Adds up.</summary>
    public static FilterLedger operator +(FilterLedger a, FilterLedger b) => new(a.Accepted + b.Accepted, a.Rejected + b.Rejected, a.WeightSum + b.WeightSum);

    /// <summary>As the operator.</summary>
    public FilterLedger Add(FilterLedger other) => this + other;

    /// <summary>Mean weight of those let through; 0 where there were none.</summary>
    public double MeanWeight => Accepted == 0 ? 0 : WeightSum / Accepted;
}
