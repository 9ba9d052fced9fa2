using System.Diagnostics;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>
/// A warm start without labels, for clinics without the internet: SimCLR (Chen et al. 2020) on the training images. Two strongly changed
/// views of an image are drawn together, all others apart. Blocks its thread.
/// </summary>
/// <param name="pixels">The images.</param>
/// <param name="rows">Those that may be learned from: labelled and unlabelled training images, none held out.</param>
/// <param name="options">Precision and seed are read.</param>
public sealed class ContrastivePretrainer(PixelStore pixels, IReadOnlyList<int> rows, TrainingOptions options)
{
    /// <summary>Images of a step; each is seen twice.</summary>
    private const int BatchSize = 64;
    private const double Temperature = 0.5;
    private const double LearningRate = 0.01;

    /// <summary>The projection's width; the network's head, two layers with a ReLU between, is SimCLR's own with as many outputs.</summary>
    private const int Projection = 128;

    /// <summary>Hears of each step, on the training thread.</summary>
    public event Action<TrainingProgress>? Progressed;

    /// <summary>Trains from random weights; the result is the backbone.</summary>
    /// <param name="epochs">Passes over all rows, 1 or more.</param>
    /// <param name="cancellationToken">Ends it between two steps.</param>
    /// <exception cref="ArgumentException">There are too few images or epochs.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer a number.</exception>
    public InitialWeights Train(int epochs, CancellationToken cancellationToken = default)
    {
        LibTorch.EnsureLoaded();
        if (epochs < 1 || rows.Count < 2)
        {
            throw new ArgumentException("Pre-training needs at least one epoch and two images.");
        }

        using var network = new ResNet18(Projection, options.Seed) { ComputeType = options.ComputeType };
        network.to(pixels.Device);
        using var scope = NewDisposeScope();
        using var optimizer = new MomentumSgd(network.named_parameters(), options.Momentum, options.WeightDecay);
        var batch = Math.Min(BatchSize, rows.Count);
        var steps = Math.Max(1, rows.Count / batch);
        var random = new SeededRandom((ulong)options.Seed, "pre-training");
        using var generator = new Generator(random.NextUInt64());
        var order = new BatchOrder(rows.Count, random);
        var clock = Stopwatch.StartNew();
        network.train();
        for (var step = 0; step < epochs * steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            var images = pixels.Gather([.. order.Next(batch).Select(i => rows[i])]);
            optimizer.ClearGradients();
            var views = cat([Augmenter.Strong(images, generator), Augmenter.Strong(images, generator)], 0);
            var loss = ContrastiveLoss(network.forward(Augmenter.Normalise(views)), Temperature);
            var value = loss.ReadDouble();
            if (!double.IsFinite(value))
            {
                throw new TrainingDivergedException();
            }

            loss.backward();
            optimizer.Step(LearningRateSchedule.Rate(LearningRate, step, epochs * steps, falls: true));
            var (seconds, done) = (clock.Elapsed.TotalSeconds, step + 1);
            Progressed?.Invoke(new TrainingProgress((step / steps) + 1, epochs, (step % steps) + 1, steps, value, done * batch / seconds, seconds / done * ((epochs * steps) - done)));
        }

        return InitialWeights.From($"SimCLR, {epochs} epochs", $"simclr {epochs} {options.Precision} {options.Seed}", network);
    }

    /// <summary>
    /// NT-Xent: the cross-entropy of finding, among all other projections, that of the same image's other view.
    /// </summary>
    /// <param name="projections">[2N, D]: row i and row i + N are views of one image.</param>
    /// <param name="temperature">Above 0.</param>
    public static Tensor ContrastiveLoss(Tensor projections, double temperature)
    {
        using var scope = NewDisposeScope();
        var rows = projections.shape[0];
        var unit = nn.functional.normalize(projections, dim: 1);
        var similarity = unit.matmul(unit.t()).DividedBy(temperature);
        // None is compared with itself.
        var others = similarity.FilledWhere(eye(rows, dtype: ScalarType.Bool, device: projections.device), double.NegativeInfinity);
        var partners = HeldScalars.Count(rows, ScalarType.Int64, projections.device).Plus(rows / 2).Modulo(rows);
        return nn.functional.cross_entropy(others, partners).MoveToOuterDisposeScope();
    }
}
