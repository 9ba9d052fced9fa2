using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// Tensors, as seen from here: trains a model file, asks one for probabilities, asks one for stochastic passes. Implemented
/// by the worker, so that neither this project nor the server ever loads the native library. Calls block; the caller
/// gives each a thread of its own.
/// </summary>
public interface IModelTrainer
{
    /// <summary>Trains, continuing from <see cref="TrainingTask.CheckpointPath"/> where it exists, and writes <see cref="TrainingTask.ModelPath"/>.</summary>
    /// <returns>What the calibration images promise of the model; null where they promise nothing.</returns>
    Certificate? Train(TrainingTask task, ITrainingObserver observer, CancellationToken cancellationToken);

    /// <summary>Class probabilities without dropout, row-major: one row an index, one column a class.</summary>
    double[] Predict(string modelPath, PixelSource pixels, IReadOnlyList<int> indices, CancellationToken cancellationToken);

    /// <summary>What <paramref name="passes"/> MC-Dropout passes say of the images, and how these look alike. The masks follow from the seed and are shared by all images.</summary>
    PoolReading ReadPool(string modelPath, PixelSource pixels, IReadOnlyList<int> indices, int passes, long seed, IProgress<double>? progress, CancellationToken cancellationToken);

    /// <summary>Where in each image the evidence for a class lies: a square map each, row-major, 0 to 255 where it is strongest.</summary>
    IReadOnlyList<byte[]> Attribute(string modelPath, PixelSource pixels, IReadOnlyList<int> indices, IReadOnlyList<int> classes, CancellationToken cancellationToken);
}

/// <summary>What a model makes of a pool.</summary>
/// <param name="Passes">Probabilities, laid out [index, pass, class].</param>
/// <param name="Likeness"><see cref="Core.Acquisition.Likeness.Length"/> bytes an image.</param>
public sealed record PoolReading(float[] Passes, byte[] Likeness);

/// <summary>Hears how training goes, from the training thread.</summary>
public interface ITrainingObserver
{
    /// <summary>After a step.</summary>
    void Progressed(TrainingStep step);

    /// <summary>After an epoch; called for epochs read from a checkpoint too.</summary>
    void EpochFinished(RoundEpoch epoch);
}

/// <summary>One step of training.</summary>
/// <param name="Epoch">1-based.</param>
/// <param name="Fraction">Of all training that is done, 0 to 1.</param>
/// <param name="Loss">The step's loss.</param>
/// <param name="ImagesPerSecond">Throughput.</param>
/// <param name="SecondsLeft">Estimate until training ends.</param>
public readonly record struct TrainingStep(int Epoch, double Fraction, double Loss, double ImagesPerSecond, double SecondsLeft);

/// <summary>A file of raw pixels: N × size × size × 3, uint8, RGB.</summary>
/// <param name="Path">The file.</param>
/// <param name="Size">Side in pixels.</param>
public sealed record PixelSource(string Path, int Size);

/// <summary>Everything a training needs to know; the same task gives the same model.</summary>
public sealed record TrainingTask
{
    /// <summary>The pixels that all indices count in.</summary>
    public required PixelSource Pixels { get; init; }

    /// <summary>Labelled training images.</summary>
    public required IReadOnlyList<int> Labelled { get; init; }

    /// <summary>Their classes.</summary>
    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>Unlabelled training images.</summary>
    public required IReadOnlyList<int> Pool { get; init; }

    /// <summary>So many of the pool, the first, will be drawn at random for experts to read: their pseudo-labels are kept of each epoch.</summary>
    public int Audited { get; init; }

    /// <summary>Images for choosing among epochs.</summary>
    public required IReadOnlyList<int> Validation { get; init; }

    /// <summary>Their classes.</summary>
    public required IReadOnlyList<int> ValidationLabels { get; init; }

    /// <summary>Images that temperature and thresholds are set on once training has ended.</summary>
    public required IReadOnlyList<int> Calibration { get; init; }

    /// <summary>Their classes.</summary>
    public required IReadOnlyList<int> CalibrationLabels { get; init; }

    /// <summary>Their patients.</summary>
    public required IReadOnlyList<string> CalibrationPatients { get; init; }

    /// <summary>α of the certificate.</summary>
    public required double CertifiedRate { get; init; }

    /// <summary>δ of the certificate.</summary>
    public required double CertifiedDoubt { get; init; }

    /// <summary>Class names in index order.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Training method, e.g. 'safemed-ssl'.</summary>
    public required string Method { get; init; }

    /// <summary>Epochs.</summary>
    public required int Epochs { get; init; }

    /// <summary>The weights that the training begins with.</summary>
    public required Beginning Beginning { get; init; }

    /// <summary>The file that holds them, a model or other weights; null where they are random or come with the program.</summary>
    public string? BeginningFile { get; init; }

    /// <summary>SHA-256 that this file must have; null where there is none.</summary>
    public string? BeginningFileHash { get; init; }

    /// <summary>Seed of everything random.</summary>
    public required long Seed { get; init; }

    /// <summary>Identifies the data and the label snapshot in the model's card.</summary>
    public required string DataHash { get; init; }

    /// <summary>The images of <see cref="Labelled"/> and <see cref="Pool"/>, which the model's file will say it was trained on; empty where the file is not kept.</summary>
    public IReadOnlyList<ImageIdentity> Learned { get; init; } = [];

    /// <summary>The images of <see cref="Validation"/> and <see cref="Calibration"/>; empty where the model's file is not kept.</summary>
    public IReadOnlyList<ImageIdentity> Tuned { get; init; } = [];

    /// <summary>The locked test images: weights that know them are no beginning.</summary>
    public IReadOnlyList<ImageIdentity> Locked { get; init; } = [];

    /// <summary>Where each epoch's state goes.</summary>
    public required string CheckpointPath { get; init; }

    /// <summary>Where the model goes.</summary>
    public required string ModelPath { get; init; }
}
