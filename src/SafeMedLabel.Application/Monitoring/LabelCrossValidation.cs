using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>
/// Asks about each labelled image a model that was trained on other patients' labels alone, so that its opinion of a label is no echo of it. Training
/// is supervised and short: a model that trains long learns the wrong labels by heart.
/// </summary>
public sealed record LabelCrossValidation
{
    /// <summary>Folds where nobody asked for another number and there are as many patients.</summary>
    public const int UsualFolds = 4;

    /// <summary>Epochs of a fold's training where nobody asked for another number.</summary>
    public const int UsualEpochs = 5;

    /// <summary>A class with fewer labels is too rare to be learned without a fold.</summary>
    public const int MinimumLabelsPerClass = 10;

    /// <summary>The pixels that the images' rows count in.</summary>
    public required PixelSource Pixels { get; init; }

    /// <summary>Class names in index order.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>The labelled images.</summary>
    public required IReadOnlyList<AuditedImage> Images { get; init; }

    /// <summary>K, at least 2.</summary>
    public int Folds { get; init; } = UsualFolds;

    /// <summary>Epochs of a fold's training.</summary>
    public int Epochs { get; init; } = UsualEpochs;

    /// <summary>The weights that each fold's training begins with: random ones or ImageNet's.</summary>
    public required Beginning Beginning { get; init; }

    /// <summary>Seed of folds and trainings.</summary>
    public required long Seed { get; init; }

    /// <summary>Identifies the pixels and the labels.</summary>
    public required string DataHash { get; init; }

    /// <summary>As many folds as usual, or as there are patients; at least 2.</summary>
    public static int FoldsFor(IEnumerable<AuditedImage> images) =>
        Math.Clamp(Patients(images), 2, UsualFolds);

    /// <summary>Why these images cannot be cross-validated, as a sentence; null where they can.</summary>
    public static string? Problem(IReadOnlyCollection<AuditedImage> images, int folds)
    {
        var patients = Patients(images);
        var learnable = images.GroupBy(i => i.ClassIndex).Count(c => c.Count() >= MinimumLabelsPerClass && c.DistinctBy(i => i.Patient).Count() > 1);
        return learnable < 2
            ? $"A label audit needs at least {MinimumLabelsPerClass} labels of two or more patients in each of two classes; label more images first."
            : patients < folds ? $"A label audit holds whole patients out, a part in turn of {folds}; there are labels of only {patients} patients." : null;
    }

    /// <summary>Trains and asks one fold after the other. Blocks its thread.</summary>
    /// <param name="trainer">Trains.</param>
    /// <param name="folder">Where the folds' models are while they are needed; made, and deleted at the end whatever happens.</param>
    /// <param name="progress">Hears the part that is done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The given labels, and what is said of each image by the model that never saw its patient.</returns>
    public PredictionSet Run(IModelTrainer trainer, string folder, IProgress<double> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        var folds = PatientFolds.Assign([.. Images.Select(i => new SplitItem(i.Patient, i.ClassIndex))], Folds, (ulong)Seed);
        var probabilities = new double[Images.Count * ClassNames.Count];
        Directory.CreateDirectory(folder);
        try
        {
            for (var fold = 0; fold < Folds; fold++)
            {
                var modelPath = Path.Combine(folder, $"fold-{fold + 1}.safetensors");
                int[] held = [.. Enumerable.Range(0, Images.Count).Where(i => folds[Images[i].Patient] == fold)];
                trainer.Train(Task(fold, modelPath, [.. Images.Where(i => folds[i.Patient] != fold)]), new FoldObserver(fold, Folds, progress), cancellationToken);
                var asked = trainer.Predict(modelPath, Pixels, [.. held.Select(i => Images[i].Row)], cancellationToken);
                for (var i = 0; i < held.Length; i++)
                {
                    asked.AsSpan(i * ClassNames.Count, ClassNames.Count).CopyTo(probabilities.AsSpan(held[i] * ClassNames.Count));
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return new PredictionSet(ClassNames.Count, [.. Images.Select(i => i.ClassIndex)], probabilities);
    }

    private static int Patients(IEnumerable<AuditedImage> images) => images.Select(i => i.Patient).Distinct(StringComparer.Ordinal).Count();

    private TrainingTask Task(int fold, string modelPath, AuditedImage[] others) => new()
    {
        Pixels = Pixels,
        Labelled = [.. others.Select(i => i.Row)],
        Labels = [.. others.Select(i => i.ClassIndex)],
        Pool = [],
        Validation = [],
        ValidationLabels = [],
        Calibration = [],
        CalibrationLabels = [],
        CalibrationPatients = [],
        CertifiedRate = Certificate.UsualRate,
        CertifiedDoubt = Certificate.UsualDoubt,
        ClassNames = ClassNames,
        Method = "supervised",
        Epochs = Epochs,
        Beginning = Beginning,
        Seed = Seed,
        DataHash = $"{DataHash} without fold {fold + 1} of {Folds}",
        CheckpointPath = Path.ChangeExtension(modelPath, ".checkpoint"),
        ModelPath = modelPath,
    };

    /// <summary>A fold's training as a part of the whole.</summary>
    private sealed class FoldObserver(int fold, int folds, IProgress<double> progress) : ITrainingObserver
    {
        public void Progressed(TrainingStep step) => progress.Report((fold + step.Fraction) / folds);

        public void EpochFinished(RoundEpoch epoch)
        {
            // A fold's epochs are kept nowhere: only what its model says in the end counts.
        }
    }
}
