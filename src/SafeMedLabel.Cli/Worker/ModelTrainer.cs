using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Networks;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Cli.Worker;

/// <summary>Rounds' tensors: where Application's seam meets Learning.</summary>
internal sealed class ModelTrainer : IModelTrainer
{
    /// <inheritdoc />
    public Certificate? Train(TrainingTask task, ITrainingObserver observer, CancellationToken cancellationToken)
    {
        using var memory = new BorrowedMemory();
        var options = TrainingMethod.Parse(task.Method, new TrainingOptions { Epochs = task.Epochs, Seed = task.Seed, Precision = TrainingOptions.FastestPrecision });
        using var initial = Read(task);
        using var pixels = new PixelStore(task.Pixels.Path, task.Pixels.Size);
        var trainer = new Trainer(options, new TrainingData(
            pixels, task.ClassNames.Count, task.Labelled, task.Labels, task.Pool, task.Validation, task.ValidationLabels, task.DataHash)
        {
            Calibration = task.Calibration,
            CalibrationLabels = task.CalibrationLabels,
            CalibrationPatients = task.CalibrationPatients,
            Audited = task.Audited,
            Record = new TrainingRecord(SeenData.Of(IdentitiesOf(task.Learned)), SeenData.Of(IdentitiesOf(task.Tuned)), IsComplete: true),
        }, initial);
        trainer.Progressed += step => observer.Progressed(new TrainingStep(step.Epoch, step.Fraction, step.Loss, step.ImagesPerSecond, step.SecondsLeft));
        trainer.EpochFinished += epoch => observer.EpochFinished(new RoundEpoch
        {
            Epoch = epoch.Epoch,
            SupervisedLoss = epoch.SupervisedLoss,
            UnlabelledLoss = epoch.UnlabelledLoss,
            ValidationAccuracy = epoch.ValidationAccuracy,
            Accepted = epoch.Ledger.Accepted,
            Rejected = epoch.Ledger.Rejected,
            Unsure = epoch.Ledger.Unsure,
            Audited = epoch.Audited,
            MeanWeight = epoch.Ledger.MeanWeight,
            Seconds = epoch.Seconds,
        });
        using var network = trainer.Train(task.CheckpointPath, cancellationToken);
        var card = trainer.Describe(network, task.ClassNames, Software.Version, task.CertifiedRate, task.CertifiedDoubt);
        ModelFile.Save(task.ModelPath, network, card);
        return card.Certificate;
    }

    /// <inheritdoc />
    public double[] Predict(string modelPath, PixelSource pixels, IReadOnlyList<int> indices, CancellationToken cancellationToken) =>
        With(modelPath, pixels, (network, store) => new Predictor(network, store).Probabilities(indices, cancellationToken));

    /// <inheritdoc />
    public PoolReading ReadPool(
        string modelPath, PixelSource pixels, IReadOnlyList<int> indices, int passes, long seed, IProgress<double>? progress, CancellationToken cancellationToken) =>
        With(modelPath, pixels, (network, store) =>
        {
            var predictor = new Predictor(network, store, Predictor.RankingType(network.Device));
            var (probabilities, likeness) = predictor.ReadPool(indices, passes, seed, progress, cancellationToken);
            return new PoolReading(probabilities, likeness);
        });

    /// <inheritdoc />
    public IReadOnlyList<byte[]> Attribute(
        string modelPath, PixelSource pixels, IReadOnlyList<int> indices, IReadOnlyList<int> classes, CancellationToken cancellationToken) =>
        With(modelPath, pixels, (network, store) =>
        {
            using var mapper = new OcclusionMapper(network, store);
            return mapper.Map(indices, classes, cancellationToken);
        });

    /// <exception cref="RoundException">The weights to begin with cannot be used.</exception>
    private static InitialWeights? Read(TrainingTask task)
    {
        try
        {
            return task.Beginning switch
            {
                Beginning.Random => null,
                Beginning.ImageNet => InitialWeights.ReadImageNet(),
                _ => ReadFile(task),
            };
        }
        catch (InvalidDataException unusable)
        {
            throw new RoundException(
                task.BeginningFile is { } file ? $"The round was to begin with the weights of {Path.GetFileName(file)}. {unusable.Message}" : unusable.Message);
        }
    }

    private static (string ContentHash, string? Patient)[] IdentitiesOf(IEnumerable<ImageIdentity> images) => [.. images.Select(i => (i.ContentHash, i.Patient))];

    /// <exception cref="InvalidDataException">The file is not the one that was meant, of another network, or was trained on what the model is measured with.</exception>
    private static InitialWeights ReadFile(TrainingTask task)
    {
        var initial = InitialWeights.Read(task.BeginningFile!, task.BeginningFileHash);
        try
        {
            using var network = new ResNet18(task.ClassNames.Count, task.Seed);
            initial.RequireFit(network);
            RequireStrange(task, initial.TrainedOn);
            return initial;
        }
        catch
        {
            initial.Dispose();
            throw;
        }
    }

    /// <summary>A model that is measured on what its weights were made of is praised for its memory.</summary>
    private static void RequireStrange(TrainingTask task, TrainingRecord trainedOn)
    {
        var known = trainedOn.CountFlattering(IdentitiesOf(task.Locked), IdentitiesOf(task.Tuned));
        if (known > 0)
        {
            throw new InvalidDataException(
                $"They were trained on {known:n0} of the images that this project tests, calibrates or validates with, or on other images of their patients: "
                + "its figures would flatter the model. Choose other weights.");
        }
    }

    private static T With<T>(string modelPath, PixelSource source, Func<ResNet18, PixelStore, T> ask)
    {
        using var memory = new BorrowedMemory();
        var (network, _) = ModelFile.Load(modelPath);
        using var owned = network;
        using var pixels = new PixelStore(source.Path, source.Size);
        return ask(network, pixels);
    }

    /// <summary>Gives a job's memory back to the system, since the next job may be hours away. Declared first, it is disposed last, when all else is free.</summary>
    private sealed class BorrowedMemory : IDisposable
    {
        public void Dispose() => LibTorch.GiveMemoryBack();
    }
}
