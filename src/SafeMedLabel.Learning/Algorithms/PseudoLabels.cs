using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>A method's judgement of a batch of unlabelled images.</summary>
/// <param name="Classes">[N], int64.</param>
/// <param name="Weights">[N], float32: each one's weight in the loss; 0 where it was stopped.</param>
/// <param name="Certain">[N], bool: whether the first layer let it through.</param>
public sealed record PseudoLabels(Tensor Classes, Tensor Weights, Tensor Certain)
{
    /// <summary>The verdict on each and its class, for [N] images.</summary>
    public IReadOnlyList<(FilterVerdict Verdict, int ClassIndex)> Read()
    {
        using var scope = NewDisposeScope();
        var classes = Classes.cpu().data<long>().ToArray();
        var certain = Certain.cpu().data<bool>().ToArray();
        var accepted = Weights.IsGreaterThan(0).cpu().data<bool>().ToArray();
        return [.. classes.Select((k, i) => (accepted[i] ? FilterVerdict.Accepted : certain[i] ? FilterVerdict.Unsure : FilterVerdict.Uncertain, (int)k))];
    }

    /// <summary>Counts them, against <paramref name="truth"/>, [N], where that is known. Methods never see it.</summary>
    public FilterLedger Count(Tensor? truth)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var accepted = Weights.IsGreaterThan(0);
        var wrong = truth is null ? zeros_like(accepted) : Classes.ne(truth);
        static long Number(Tensor mask) => mask.sum().ReadInt64();
        return new FilterLedger(
            Number(accepted),
            Number(Certain.logical_not()),
            Number(Certain.logical_and(accepted.logical_not())),
            Weights.sum().ReadDouble(),
            Number(wrong.logical_and(accepted)),
            Number(wrong.logical_and(accepted.logical_not())));
    }
}
