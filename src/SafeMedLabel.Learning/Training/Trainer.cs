using System.Diagnostics;
using System.Text.Json;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;
using SafeMedLabel.Learning.Algorithms;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>The one training loop of all methods. Blocks its thread, on which all its tensors live.</summary>
public sealed class Trainer
{
    private readonly TrainingOptions _options;
    private readonly TrainingData _data;
    private readonly InitialWeights? _initial;
    private readonly IAlgorithm _algorithm;
    private readonly bool _usesPool;
    private readonly int _steps;

    /// <summary>Checks options and data.</summary>
    /// <param name="options">How to train.</param>
    /// <param name="data">What to train on.</param>
    /// <param name="initial">What the network begins with; random weights where null.</param>
    /// <exception cref="ArgumentException">One sentence that says what is wrong.</exception>
    public Trainer(TrainingOptions options, TrainingData data, InitialWeights? initial = null)
    {
        LibTorch.EnsureLoaded();
        options.Validate();
        data.Validate();
        if (options.Filter.Limit.Kind == LimitKind.Calibrated && options.Algorithm == AlgorithmKind.SafeMedSsl && data.Validation.Count == 0)
        {
            throw new ArgumentException("A filter that is calibrated needs validation images.");
        }

        if (options.PretrainEpochs > 0 && initial is not null)
        {
            throw new ArgumentException("Pre-training begins with random weights: it cannot be had with others.");
        }

        _options = options;
        _data = data;
        _initial = initial;
        _algorithm = options.CreateAlgorithm();
        _usesPool = _algorithm.UsesUnlabelled && data.Unlabelled.Count > 0;
        _steps = Math.Max(options.MinimumSteps, (data.Labelled.Count + options.BatchSize - 1) / options.BatchSize);
    }

    /// <summary>Hears of each step, on the training thread.</summary>
    public event Action<TrainingProgress>? Progressed;

    /// <summary>Hears of each finished epoch, on the training thread; of those read from a checkpoint too.</summary>
    public event Action<EpochSummary>? EpochFinished;

    /// <summary>What the trained network says of the calibration images, at its temperature; null without any, and before <see cref="Train(string?, CancellationToken)"/>.</summary>
    public PredictionSet? Calibration { get; private set; }

    /// <summary>
    /// Trains and returns the network, in evaluation mode. With a <paramref name="checkpointPath"/> each epoch's state is
    /// kept there, and a training of the same recipe goes on from it.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled, between two steps.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer a number.</exception>
    /// <exception cref="InvalidDataException">The initial weights are of another network.</exception>
    public ResNet18 Train(string? checkpointPath = null, CancellationToken cancellationToken = default)
    {
        var network = new ResNet18(_data.Classes, _options.Seed) { ComputeType = _options.ComputeType };
        try
        {
            network.to(_data.Pixels.Device);
            _initial?.CopyTo(network);
            Train(network, checkpointPath, cancellationToken);
            network.eval();
            network.ComputeType = ScalarType.Float32;
            network.TestViews = _options.TestViews;
            Calibrate(network, cancellationToken);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The card of a network that this trainer has trained: recipe, data, and what it does on validation and calibration images.</summary>
    /// <param name="network">The network.</param>
    /// <param name="classNames">Class names in the order of the outputs.</param>
    /// <param name="software">Version of the program.</param>
    /// <param name="certifiedRate">α of the certificate.</param>
    /// <param name="certifiedDoubt">δ of the certificate.</param>
    public ModelCard Describe(
        ResNet18 network, IReadOnlyList<string> classNames, string software, double certifiedRate = Certificate.UsualRate, double certifiedDoubt = Certificate.UsualDoubt)
    {
        return new ModelCard
        {
            ClassNames = classNames,
            ImageSize = _data.Pixels.Size,
            Method = _options.Method,
            Options = _options,
            InitialWeights = _options.PretrainEpochs > 0 ? $"SimCLR, {_options.PretrainEpochs} epochs" : _initial?.Name,
            DataHash = _data.Hash,
            LabelHash = _data.Fingerprint(),
            Labelled = _data.Labelled.Count,
            Unlabelled = _data.Unlabelled.Count,
            Temperature = network.Temperature,
            TestViews = network.TestViews,
            Thresholds = Calibration is null ? [] : OperatingPoint.Coverages.ToDictionary(EvaluationReport.Key, coverage => OperatingPoint.ThresholdFor(Calibration, coverage)),
            Certificate = Calibration is null ? null : Certificate.Find(Calibration, _data.CalibrationPatients, certifiedRate, certifiedDoubt),
            Validation = _data.Validation.Count == 0 ? null : ModelMetrics.Of(Ask(network, _data.Validation, _data.ValidationLabels, ScalarType.Float32, CancellationToken.None)),
            Calibration = Calibration is null ? null : ModelMetrics.Of(Calibration),
            TrainedOn = _data.Record.After(_initial?.TrainedOn ?? TrainingRecord.None),
            Software = software,
            CreatedUtc = DateTime.UtcNow,
        };
    }

    private void Calibrate(ResNet18 network, CancellationToken cancellationToken)
    {
        if (_data.Calibration.Count == 0)
        {
            return;
        }

        Calibration = Ask(network, _data.Calibration, _data.CalibrationLabels, ScalarType.Float32, cancellationToken);
        if (_options.ScaleTemperature)
        {
            network.Temperature = TemperatureScaling.Fit(Calibration);
            Calibration = TemperatureScaling.Apply(Calibration, network.Temperature);
        }
    }

    private void Train(ResNet18 network, string? checkpointPath, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var state = new TrainingState(network, _options);
        var total = Stopwatch.StartNew();
        var recipe = JsonSerializer.Serialize(new { Options = _options, Initial = _initial?.Hash, Data = _data.Fingerprint() });
        var checkpoint = checkpointPath is null ? null : TrainingCheckpoint.TryLoad(checkpointPath, recipe, state);
        checkpoint ??= Begin(state, recipe, cancellationToken);
        foreach (var epoch in checkpoint.Epochs)
        {
            EpochFinished?.Invoke(epoch);
        }

        var clock = Stopwatch.StartNew();
        var firstEpoch = checkpoint.Epochs.Count + 1;
        for (var epoch = firstEpoch; epoch <= _options.Epochs && !HasRunOut(checkpoint); epoch++)
        {
            var summary = TrainEpoch(state, epoch, firstEpoch, clock, cancellationToken) with { Seconds = total.Elapsed.TotalSeconds };
            total.Restart();
            if (IsKept(summary, checkpoint))
            {
                state.Keep();
                checkpoint = checkpoint with { KeptEpoch = epoch };
            }

            checkpoint = checkpoint with { Epochs = [.. checkpoint.Epochs, summary] };
            if (checkpointPath is not null)
            {
                checkpoint.Save(checkpointPath, state);
            }

            EpochFinished?.Invoke(summary);
        }

        state.Restore();
    }

    /// <summary>The network as it is before the first epoch.</summary>
    private TrainingCheckpoint Begin(TrainingState state, string recipe, CancellationToken cancellationToken)
    {
        if (_options.PretrainEpochs > 0)
        {
            var pretrainer = new ContrastivePretrainer(_data.Pixels, [.. _data.Labelled, .. _data.Unlabelled], _options);
            pretrainer.Progressed += step => Progressed?.Invoke(step with { Epoch = 0, Epochs = _options.Epochs });
            using var weights = pretrainer.Train(_options.PretrainEpochs, cancellationToken);
            state.Begin(weights);
        }

        return new TrainingCheckpoint(recipe, [], 0);
    }

    private bool HasRunOut(TrainingCheckpoint checkpoint) => _options.Patience > 0 && checkpoint.Epochs.Count - checkpoint.KeptEpoch >= _options.Patience;

    private bool IsKept(EpochSummary summary, TrainingCheckpoint checkpoint)
    {
        var kept = checkpoint.KeptEpoch == 0 ? null : checkpoint.Epochs[checkpoint.KeptEpoch - 1];
        return kept is null || summary.ValidationAccuracy is null || _options.Keep switch
        {
            EpochChoice.MostAccurate => summary.ValidationAccuracy >= kept.ValidationAccuracy,
            EpochChoice.LowestLoss => summary.ValidationLoss <= kept.ValidationLoss,
            _ => true,
        };
    }

    private EpochSummary TrainEpoch(TrainingState state, int epoch, int firstEpoch, Stopwatch clock, CancellationToken cancellationToken)
    {
        var random = new SeededRandom((ulong)_options.Seed, $"epoch {epoch}");
        using var generator = new Generator(random.NextUInt64());
        IBatchOrder labelled = _options.BalancedClasses ? new BalancedOrder(_data.Labels, random) : new BatchOrder(_data.Labelled.Count, random);
        var unlabelled = new BatchOrder(_usesPool ? _data.Unlabelled.Count : 0, random);
        var limit = _usesPool ? _algorithm.BeginEpoch(state.Teacher, _data, random.Split("filter")) : null;
        var (supervised, pseudo, ledger) = (0.0, 0.0, default(FilterLedger));
        var audited = new PseudoLabelTrace(_usesPool ? _data.Audited : 0);
        state.Student.train(!_options.FrozenNorm);
        for (var step = 1; step <= _steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var done = ((epoch - 1) * _steps) + step - 1;
            var (lossX, lossU, counts) = Step(state, labelled.Next(_options.BatchSize), unlabelled.Next(_options.BatchSize), done, audited, generator);
            supervised += lossX;
            pseudo += lossU;
            ledger += counts;
            Report(epoch, firstEpoch, step, lossX + (UnlabelledWeight(done) * lossU), clock);
        }

        state.Student.eval();
        var validation = Validate(state.Teacher, cancellationToken);
        return new EpochSummary(
            epoch,
            supervised / _steps,
            pseudo / _steps,
            validation is null ? null : Metrics.Accuracy(validation),
            validation is null ? null : Metrics.NegativeLogLikelihood(validation),
            limit,
            ledger,
            Seconds: 0)
        {
            Audited = audited.ToBytes(),
        };
    }

    /// <summary>
    /// What the network says of the validation images, in the type in which it trains; null without any. It chooses the epoch: what is reported of
    /// the model is measured in float32 once it is trained. The last step's loss was a number before the weights were changed: whether the changed ones
    /// still give numbers is seen here.
    /// </summary>
    private PredictionSet? Validate(ResNet18 network, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        if (!network.Tensors().Values.All(t => t.isfinite().all().ReadBoolean()))
        {
            throw new TrainingDivergedException();
        }

        return _data.Validation.Count == 0 ? null : Ask(network, _data.Validation, _data.ValidationLabels, _options.ComputeType, cancellationToken);
    }

    private PredictionSet Ask(ResNet18 network, IReadOnlyList<int> rows, IReadOnlyList<int> labels, ScalarType type, CancellationToken cancellationToken)
    {
        var probabilities = new Predictor(network, _data.Pixels, type).Probabilities(rows, cancellationToken);
        return probabilities.All(double.IsFinite) ? new PredictionSet(_data.Classes, labels, probabilities) : throw new TrainingDivergedException();
    }

    /// <summary>One step, one dispose scope: nothing but the state outlives it.</summary>
    private (double Supervised, double Unlabelled, FilterLedger Ledger) Step(
        TrainingState state, int[] labelled, int[] unlabelled, int step, PseudoLabelTrace audited, Generator generator)
    {
        using var scope = NewDisposeScope();
        var images = _data.Pixels.Gather([.. labelled.Select(i => _data.Labelled[i])]);
        var labels = tensor(labelled.Select(i => (long)_data.Labels[i]).ToArray(), device: _data.Pixels.Device);
        var pool = unlabelled.Length == 0 ? null : _data.Pixels.Gather([.. unlabelled.Select(i => _data.Unlabelled[i])]);
        state.Optimizer.ClearGradients();
        var loss = _algorithm.Step(state.Student, state.Teacher, images, labels, pool, generator);
        var total = loss.Unlabelled is null ? loss.Supervised : loss.Supervised.Plus(loss.Unlabelled.Times(UnlabelledWeight(step)));
        if (!double.IsFinite(total.ReadDouble()))
        {
            throw new TrainingDivergedException();
        }

        total.backward();
        state.Step(LearningRate(step), step);
        Note(audited, unlabelled, loss.Pseudo);
        var truth = _data.UnlabelledTruth is { } known ? tensor(unlabelled.Select(i => (long)known[i]).ToArray(), device: _data.Pixels.Device) : null;
        return (loss.Supervised.ReadDouble(), loss.Unlabelled?.ReadDouble() ?? 0, loss.Pseudo?.Count(truth) ?? default);
    }

    private static void Note(PseudoLabelTrace audited, int[] unlabelled, PseudoLabels? pseudo)
    {
        if (pseudo is null || !Array.Exists(unlabelled, i => i < audited.Count))
        {
            return;
        }

        foreach (var (i, (verdict, classIndex)) in unlabelled.Zip(pseudo.Read()).Where(p => p.First < audited.Count))
        {
            audited.Note(i, verdict, classIndex);
        }
    }

    private double LearningRate(int step) => LearningRateSchedule.Rate(_options.LearningRate, step, _options.Epochs * _steps, _options.CosineSchedule);

    private double UnlabelledWeight(int step)
    {
        var rising = _options.RampUp * _options.Epochs * _steps;
        var missing = step >= rising ? 0 : 1 - (step / rising);
        return _options.UnlabelledWeight * Math.Exp(-5 * missing * missing);
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
