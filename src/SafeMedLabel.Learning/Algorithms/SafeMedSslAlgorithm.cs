using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Algorithms;

/// <summary>
/// SafeMed-SSL (Chhetri, Kumar &amp; Das 2026): T MC-Dropout passes give a mean and an uncertainty; layer one of the filter discards
/// the uncertain, layer two weighs the rest by confidence. The passes share the backbone's features: only the head has dropout.
/// </summary>
/// <param name="views">How images are changed.</param>
/// <param name="passes">T, 2 or more.</param>
/// <param name="filter">The filter.</param>
/// <param name="align">
/// Distribution alignment (Berthelot et al. 2020, ReMixMatch): mean probabilities are multiplied by the labelled images' class frequencies
/// over those that the teacher sees in the pool, so that a class it favours gets no more pseudo-labels than it has images.
/// </param>
public sealed class SafeMedSslAlgorithm(Views views, int passes, SafetyFilterOptions filter, bool align = false) : PseudoLabelAlgorithm(views)
{
    /// <summary>Images that a limit or the pool's class frequencies are estimated from: a quantile is then within 3 points of the pool's.</summary>
    private const int SampleSize = 1024;

    private double _limit = filter.Limit.Kind == LimitKind.Constant ? filter.Limit.Level : double.PositiveInfinity;
    private float[]? _alignment;

    /// <inheritdoc />
    public override double? BeginEpoch(ResNet18 teacher, TrainingData data, SeededRandom random)
    {
        using var scope = NewDisposeScope();
        if (align || filter.Limit.Kind == LimitKind.Quantile)
        {
            var pool = data.Unlabelled.ToArray();
            random.Shuffle(pool.AsSpan());
            var probabilities = Ask(teacher, data, [.. pool.Take(SampleSize)], random);
            _alignment = align ? Alignment(data, probabilities.mean([0, 1])) : null;
            if (filter.Limit.Kind == LimitKind.Quantile)
            {
                _limit = FilterLimit.Quantile(Uncertainties(Align(probabilities)), filter.Limit.Level);
            }
        }

        if (filter.Limit.Kind == LimitKind.Calibrated)
        {
            var probabilities = Align(Ask(teacher, data, data.Validation, random));
            var predicted = probabilities.mean([0]).argmax(1).data<long>().ToArray();
            var judged = Uncertainties(probabilities).Zip(predicted.Zip(data.ValidationLabels, (p, label) => p != label));
            _limit = FilterLimit.Calibrate(judged, filter.Limit.Level);
        }

        return double.IsFinite(_limit) ? _limit : null;
    }

    /// <inheritdoc />
    protected override PseudoLabels Judge(ResNet18 teacher, Tensor features, Generator generator)
    {
        var masks = teacher.Head.DrawMasks(generator, passes, features.shape[0]);
        var probabilities = teacher.Head.ForwardWithDropout(features.unsqueeze(0), masks).softmax(2);
        return SafetyFilter.Judge(Align(probabilities), filter, _limit);
    }

    /// <summary>[T, N, K] of images as they are, not augmented.</summary>
    private Tensor Ask(ResNet18 teacher, TrainingData data, IReadOnlyList<int> rows, SeededRandom random)
    {
        var answers = new Predictor(teacher, data.Pixels, Predictor.FastType).StochasticPasses(rows, passes, (long)(random.NextUInt64() >> 1));
        return tensor(answers, [rows.Count, passes, data.Classes]).permute(1, 0, 2);
    }

    private double[] Uncertainties(Tensor probabilities) =>
        SafetyFilter.Uncertainty(probabilities, filter.Measure).to(ScalarType.Float64).data<double>().ToArray();

    private Tensor Align(Tensor probabilities)
    {
        if (_alignment is null)
        {
            return probabilities;
        }

        var aligned = probabilities * tensor(_alignment, device: probabilities.device);
        return aligned / aligned.sum(-1, keepdim: true);
    }

    private static float[] Alignment(TrainingData data, Tensor seen) =>
        [.. seen.data<float>().ToArray().Select((s, k) => (float)data.Labels.Count(label => label == k) / data.Labels.Count / Math.Max(s, 1e-3f))];
}
