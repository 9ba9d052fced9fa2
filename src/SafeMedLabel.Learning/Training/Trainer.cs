using System.Diagnostics;
using System.Text.Json;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Algorithms;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>
/// The one training loop of all methods. Blocks its thread, on which all its tensors live. Among the epochs it keeps the one
/// most accurate on validation, the later of equals; without validation images the last.
/// </summary>
public sealed class Trainer
{
    private const double WarmUpFraction = 0.05;

    private readonly TrainingOptions _options;
    private readonly TrainingData _data;
    private readonly IAlgorithm _algorithm;
    private readonly bool _usesPool;
    private readonly int _steps;

    /// <summary>Checks options and data.</summary>
    /// <exception cref="ArgumentException">One sentence that says what is wrong.</exception>
    public Trainer(TrainingOptions options, TrainingData data)
    {
        LibTorch.EnsureLoaded();
        options.Validate();
        data.Validate();
        _options = options;
        _data = data;
        _algorithm = options.CreateAlgorithm();
        _usesPool = _algorithm.UsesUnlabelled && data.Unlabelled.Count > 0;
        _steps = Math.Max(options.MinimumSteps, (data.Labelled.Count + options.BatchSize - 1) / options.BatchSize);
    }

    /// <summary>Hears of each step, on the training thread.</summary>
    public event Action<TrainingProgress>? Progressed;

    /// <summary>Hears of each finished epoch, on the training thread; of those read from a checkpoint too.</summary>
    public event Action<EpochSummary>? EpochFinished;

    /// <summary>
    /// Trains and returns the network, in evaluation mode. With a <paramref name="checkpointPath"/> each epoch's state is
    /// kept there, and a training of the same recipe goes on from it.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled, between two steps.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer a number.</exception>
    public ResNet18 Train(string? checkpointPath = null, CancellationToken cancellationToken = default)
    {
        var network = new ResNet18(_data.Classes, _options.Seed) { ComputeType = _options.ComputeType };
        try
        {
            Train(network, checkpointPath, cancellationToken);
            network.eval();
            network.ComputeType = ScalarType.Float32;
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private void Train(ResNet18 network, string? checkpointPath, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var optimizer = new MomentumSgd(network.named_parameters(), _options.Momentum, _options.WeightDecay);
        var best = network.Tensors().ToDictionary(t => t.Key, t => t.Value.detach().clone());
        var recipe = JsonSerializer.Serialize(new { Options = _options, Data = _data.Fingerprint() });
        var checkpoint = checkpointPath is null ? null : TrainingCheckpoint.TryLoad(checkpointPath, recipe, network, optimizer, best);
        checkpoint ??= new TrainingCheckpoint(recipe, [], 0);
        foreach (var epoch in checkpoint.Epochs)
        {
            EpochFinished?.Invoke(epoch);
        }

        var clock = Stopwatch.StartNew();
        var firstEpoch = checkpoint.Epochs.Count + 1;
        for (var epoch = firstEpoch; epoch <= _options.Epochs; epoch++)
        {
            var summary = TrainEpoch(network, optimizer, epoch, firstEpoch, clock, cancellationToken);
            if (IsBest(summary, checkpoint))
            {
                StateDict.Copy(network.Tensors(), best);
                checkpoint = checkpoint with { BestEpoch = epoch };
            }

            checkpoint = checkpoint with { Epochs = [.. checkpoint.Epochs, summary] };
            if (checkpointPath is not null)
            {
                checkpoint.Save(checkpointPath, network, optimizer, best);
            }

            EpochFinished?.Invoke(summary);
        }

        network.Load(best);
    }

    private static bool IsBest(EpochSummary summary, TrainingCheckpoint checkpoint) =>
        summary.ValidationAccuracy is not { } accuracy || checkpoint.BestEpoch == 0
        || accuracy >= checkpoint.Epochs[checkpoint.BestEpoch - 1].ValidationAccuracy;

    private EpochSummary TrainEpoch(ResNet18 network, MomentumSgd optimizer, int epoch, int firstEpoch, Stopwatch clock, CancellationToken cancellationToken)
    {
        var started = clock.Elapsed;
        var random = new SeededRandom((ulong)_options.Seed, $"epoch {epoch}");
        using var generator = new Generator(random.NextUInt64());
        var labelled = new BatchOrder(_data.Labelled.Count, random);
        var unlabelled = new BatchOrder(_usesPool ? _data.Unlabelled.Count : 0, random);
        var (supervised, unsupervised, ledger) = (0.0, 0.0, default(FilterLedger));
        network.train();
        for (var step = 1; step <= _steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rate = LearningRate(((epoch - 1) * _steps) + step - 1);
            var (lossX, lossU, counts) = Step(network, optimizer, labelled.Next(_options.BatchSize), unlabelled.Next(_options.BatchSize), rate, generator);
            supervised += lossX;
            unsupervised += lossU;
            ledger += counts;
            Report(epoch, firstEpoch, step, lossX + (_options.UnlabelledWeight * lossU), clock);
        }

        network.eval();
        var accuracy = Validate(network, cancellationToken);
        return new EpochSummary(
            epoch, supervised / _steps, unsupervised / _steps, accuracy, ledger.Accepted, ledger.Rejected, ledger.MeanWeight, (clock.Elapsed - started).TotalSeconds);
    }

    /// <summary>
    /// Accuracy on validation; null without validation images. The last step's loss was a number before the weights were changed:
    /// whether the changed ones still give numbers is seen here.
    /// </summary>
    private double? Validate(ResNet18 network, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var probabilities = new Predictor(network, _data.Pixels).Probabilities(_data.Validation, cancellationToken);
        if (!probabilities.All(double.IsFinite) || !network.Tensors().Values.All(t => t.isfinite().all().ToBoolean()))
        {
            throw new TrainingDivergedException();
        }

        return _data.Validation.Count == 0 ? null : Metrics.Accuracy(new PredictionSet(_data.Classes, _data.ValidationLabels, probabilities));
    }

    /// <summary>One step, one dispose scope: nothing but the network outlives it.</summary>
    private (double Supervised, double Unlabelled, FilterLedger Ledger) Step(
        ResNet18 network, MomentumSgd optimizer, int[] labelled, int[] unlabelled, double rate, Generator generator)
    {
        using var scope = NewDisposeScope();
        var images = _data.Pixels.Gather([.. labelled.Select(i => _data.Labelled[i])]);
        var labels = tensor(labelled.Select(i => (long)_data.Labels[i]).ToArray());
        var pool = unlabelled.Length == 0 ? null : _data.Pixels.Gather([.. unlabelled.Select(i => _data.Unlabelled[i])]);
        optimizer.ClearGradients();
        var loss = _algorithm.Step(network, images, labels, pool, generator);
        var total = loss.Unlabelled is null ? loss.Supervised : loss.Supervised + (loss.Unlabelled * _options.UnlabelledWeight);
        if (!double.IsFinite(total.ToDouble()))
        {
            throw new TrainingDivergedException();
        }

        total.backward();
        optimizer.Step(rate);
        return (loss.Supervised.ToDouble(), loss.Unlabelled?.ToDouble() ?? 0, loss.Ledger);
    }

    private double LearningRate(int step)
    {
        var total = _options.Epochs * _steps;
        var warmUp = Math.Max(1, (int)(total * WarmUpFraction));
        return step < warmUp
            ? _options.LearningRate * (step + 1) / warmUp
            : _options.LearningRate * 0.5 * (1 + Math.Cos(Math.PI * (step - warmUp) / Math.Max(1, total - warmUp)));
    }

    private void Report(int epoch, int firstEpoch, int step, double loss, Stopwatch clock)
    {
        var done = ((epoch - firstEpoch) * _steps) + step;
        var left = ((_options.Epochs - firstEpoch + 1) * _steps) - done;
        var seconds = clock.Elapsed.TotalSeconds;
        var images = done * _options.BatchSize * (_usesPool ? 2 : 1);
        Progressed?.Invoke(new TrainingProgress(epoch, _options.Epochs, step, _steps, loss, images / seconds, seconds / done * left));
    }
}
